import { timestampMs } from '@bufbuild/protobuf/wkt';
import { PrivacyRequestKind, PrivacyRequestStatus, type PrivacyRequest } from '@core/contracts/web';
import type { PageTexts } from '../../texts/use-page-texts.ts';
import type { Tone } from '../../ui/badge.tsx';

type Kind = keyof PageTexts['privacy']['kind'];
type State = keyof PageTexts['privacy']['state'];

const DAY_MS = 86_400_000;
/** The worker warns of a request when so many days are left. */
const WARN_DAYS = 10;
const NEAR_DAYS = 5;

const KINDS: Partial<Record<PrivacyRequestKind, Kind>> = {
  [PrivacyRequestKind.REDACT]: 'redact',
  [PrivacyRequestKind.DATA_REQUEST]: 'data',
  [PrivacyRequestKind.SHOP_REDACT]: 'shop',
};
export const kindOf = ({ kind }: Pick<PrivacyRequest, 'kind'>): Kind => KINDS[kind] ?? 'unknown';

type Stated = Pick<PrivacyRequest, 'kind' | 'status' | 'problem' | 'notBefore'>;

export const isOpen = ({ status }: Pick<PrivacyRequest, 'status'>): boolean =>
  status === PrivacyRequestStatus.PENDING || status === PrivacyRequestStatus.HELD;

/** @param now milliseconds since the epoch */
export function stateOf(request: Stated, now: number): State {
  if (request.status === PrivacyRequestStatus.COMPLETED) return 'done';
  if (request.status === PrivacyRequestStatus.CANCELLED) return 'cancelled';
  if (request.problem !== '' || request.kind === PrivacyRequestKind.UNSPECIFIED) return 'problem';
  if (request.status === PrivacyRequestStatus.HELD) return 'held';
  if (request.kind === PrivacyRequestKind.DATA_REQUEST) return 'yours';
  if (request.kind === PrivacyRequestKind.REDACT) return 'running';
  return request.notBefore && timestampMs(request.notBefore) <= now ? 'running' : 'waiting';
}

export const TONES: Readonly<Record<State, Tone>> = {
  waiting: 'info',
  running: 'info',
  yours: 'warn',
  held: 'warn',
  problem: 'bad',
  done: 'ok',
  cancelled: 'idle',
};

/** Whether its merchant can cancel it: the erasure of a shop that waits for its time. */
export const canCancel = (request: Stated, now: number): boolean =>
  request.kind === PrivacyRequestKind.SHOP_REDACT && stateOf(request, now) === 'waiting';

/** Returns the whole days until the deadline, negative after it, and how urgent that is. */
export function deadlineOf(
  { dueAt }: Pick<PrivacyRequest, 'dueAt'>,
  now: number,
): { days: number; tone: 'near' | 'soon' | 'far' } | undefined {
  if (!dueAt) return undefined;
  const left = (timestampMs(dueAt) - now) / DAY_MS;
  const days = left < 0 ? Math.min(-1, Math.trunc(left)) : Math.floor(left);
  return { days, tone: days < NEAR_DAYS ? 'near' : days < WARN_DAYS ? 'soon' : 'far' };
}
