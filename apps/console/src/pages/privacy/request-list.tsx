import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { PrivacyRequest } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Deadline } from './deadline.tsx';
import { nextStepOf } from './next-step.ts';
import { RequestBadge } from './request-badge.tsx';
import { kindOf } from './request-state.ts';
import './request-list.css';

/** @param now milliseconds since the epoch */
export function RequestList({ requests, now }: { requests: readonly PrivacyRequest[]; now: number }) {
  const { privacy } = usePageTexts();
  return (
    <ul className="list requests" aria-label={privacy.requests}>
      {requests.map((request) => (
        <li key={request.requestId}>
          <RequestRow request={request} now={now} />
        </li>
      ))}
    </ul>
  );
}

function RequestRow({ request, now }: { request: PrivacyRequest; now: number }) {
  const texts = usePageTexts();
  const formats = useFormats();
  const { requestId, receivedAt } = request;
  return (
    <Link to="/privacy/$requestId" params={{ requestId }} className="request-row">
      <span className="request-kind">{texts.privacy.kind[kindOf(request)]}</span>
      <RequestBadge request={request} now={now} />
      <span className="request-when">
        <Deadline request={request} now={now} />
        {receivedAt && (
          <time dateTime={timestampDate(receivedAt).toISOString()} title={formats.dateTime(receivedAt)}>
            {texts.privacy.received(formats.ago(receivedAt, now))}
          </time>
        )}
      </span>
      <span className="request-next">{nextStepOf(request, texts, formats, now)}</span>
    </Link>
  );
}
