import { useQuery } from '@connectrpc/connect-query';
import { PrivacyRequestKind, PrivacyService, type PrivacyRequest } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { CancelDeletion } from './cancel-deletion.tsx';
import { Deadline } from './deadline.tsx';
import { nextStepOf } from './next-step.ts';
import { RequestBadge } from './request-badge.tsx';
import './shop-deletions.css';

/** A merchant has a few shops. */
const MOST = 20;
const REFRESH_MS = 15_000;

/**
 * The shops whose erasure is requested: nothing else on the page is lost for good by waiting. An error of the
 * call is shown by the list of requests, whose call is the same.
 */
export function ShopDeletions({ now }: { now: number }) {
  const { privacy } = usePageTexts();
  const { merchantId } = useSession();
  const { data } = useQuery(
    PrivacyService.method.listPrivacyRequests,
    { merchantId, openOnly: true, kind: PrivacyRequestKind.SHOP_REDACT, pageSize: MOST },
    { refetchInterval: REFRESH_MS },
  );
  if (!data || data.privacyRequests.length === 0) return null;
  return (
    <Card title={privacy.shops}>
      <ul className="list">
        {data.privacyRequests.map((request) => (
          <Deletion key={request.requestId} request={request} now={now} />
        ))}
      </ul>
    </Card>
  );
}

function Deletion({ request, now }: { request: PrivacyRequest; now: number }) {
  const texts = usePageTexts();
  const formats = useFormats();
  const { requestId, shop } = request;
  return (
    <li className="deletion">
      <div>
        <p className="deletion-head">
          <Link to="/privacy/$requestId" params={{ requestId }}>
            {shop || texts.privacy.everyShop}
          </Link>
          <RequestBadge request={request} now={now} />
          <Deadline request={request} now={now} />
        </p>
        <p className="muted">{nextStepOf(request, texts, formats, now)}</p>
      </div>
      <CancelDeletion request={request} now={now} />
    </li>
  );
}
