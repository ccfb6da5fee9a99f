import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { PrivacyRequestKind, type PrivacyRequest } from '@core/contracts/web';
import type { Formats } from '../../format/formats.ts';
import type { PageTexts } from '../../texts/use-page-texts.ts';
import { stateOf } from './request-state.ts';

/** Says in one sentence what happens next, or what has happened. */
export function nextStepOf(
  request: PrivacyRequest,
  { privacy: { next } }: PageTexts,
  formats: Formats,
  now: number,
): string {
  const at = (time: Timestamp | undefined) => (time ? formats.dateTime(time) : '');
  const { kind } = request;
  switch (stateOf(request, now)) {
    case 'done':
      return kind === PrivacyRequestKind.DATA_REQUEST
        ? next.answered(at(request.completedAt))
        : next.erased(at(request.completedAt));
    case 'cancelled':
      return next.cancelled(at(request.cancelledAt));
    case 'problem':
      return next.problem(request.problem);
    case 'held':
      return next.held;
    case 'yours':
      return next.data;
    case 'waiting':
      return request.notBefore ? next.starts(at(request.notBefore)) : next.scheduled;
    case 'running':
      return kind === PrivacyRequestKind.REDACT ? next.redact : next.running;
  }
}
