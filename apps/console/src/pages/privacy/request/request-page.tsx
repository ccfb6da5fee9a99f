import { useQuery } from '@connectrpc/connect-query';
import { PrivacyRequestKind, PrivacyRequestStatus, PrivacyService } from '@core/contracts/web';
import { Link, useParams } from '@tanstack/react-router';
import { useNow } from '../../../format/use-now.ts';
import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { useSession } from '../../../session/session.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Page } from '../../../ui/page.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { CancelDeletion } from '../cancel-deletion.tsx';
import { ExportData } from '../export-data.tsx';
import { nextStepOf } from '../next-step.ts';
import { RequestBadge } from '../request-badge.tsx';
import { isOpen, kindOf, stateOf } from '../request-state.ts';
import { ReceiptCard } from './receipt-card.tsx';
import { RequestFacts } from './request-facts.tsx';
import './request-page.css';

/** An erasure is done within seconds, and is waited for. */
const REFRESH_MS = 2_000;

/** One request: what happens next, and its receipt when it is done. */
export function RequestPage() {
  const texts = usePageTexts();
  const formats = useFormats();
  const now = useNow();
  const { merchantId } = useSession();
  const { requestId = '' } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(
    PrivacyService.method.getPrivacyRequest,
    { merchantId, requestId },
    {
      refetchInterval: ({ state }) => {
        const request = state.data?.privacyRequest;
        return request && isOpen(request) && stateOf(request, Date.now()) === 'running' ? REFRESH_MS : false;
      },
    },
  );
  const { privacy } = texts;
  const request = data?.privacyRequest;
  const back = (
    <Link to="/privacy" className="page-back">
      {privacy.back}
    </Link>
  );
  if (!request) {
    return (
      <Page title={privacy.title} back={back}>
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton lines={8} />}
      </Page>
    );
  }
  const done = request.status === PrivacyRequestStatus.COMPLETED;
  const isData = request.kind === PrivacyRequestKind.DATA_REQUEST;
  return (
    <Page title={privacy.kind[kindOf(request)]} back={back}>
      <Card
        title={isOpen(request) ? privacy.nextTitle : privacy.happened}
        aside={<RequestBadge request={request} now={now} />}
      >
        <div role="status">
          <p className="request-step">{nextStepOf(request, texts, formats, now)}</p>
        </div>
        <div className="page-actions request-actions">
          <CancelDeletion request={request} now={now} />
          {isData && request.problem === '' && <ExportData requestId={requestId} />}
        </div>
      </Card>
      <RequestFacts request={request} now={now} />
      {done && !isData && <ReceiptCard requestId={requestId} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
    </Page>
  );
}
