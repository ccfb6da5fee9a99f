import { useInfiniteQuery } from '@connectrpc/connect-query';
import { PrivacyService } from '@core/contracts/web';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useNow } from '../../format/use-now.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ErasePerson } from './erase-person.tsx';
import { ExportData } from './export-data.tsx';
import { RequestList } from './request-list.tsx';
import { ShopDeletions } from './shop-deletions.tsx';
import './privacy-page.css';

const PAGE_SIZE = 25;
const REFRESH_MS = 15_000;

/** Requests of people and shops, with what to do about them. */
export function PrivacyPage() {
  const { privacy } = usePageTexts();
  const { merchantId } = useSession();
  const now = useNow();
  const navigate = useNavigate();
  const { show } = useSearch({ strict: false });
  const openOnly = show !== 'all';
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    PrivacyService.method.listPrivacyRequests,
    { merchantId, openOnly, pageSize: PAGE_SIZE, pageToken: '' },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
      refetchInterval: REFRESH_MS,
    },
  );
  const requests = data?.pages.flatMap(({ privacyRequests }) => privacyRequests);
  const filter = (
    <label className="privacy-filter">
      <span>{privacy.show}</span>
      <select
        value={openOnly ? 'open' : 'all'}
        onChange={({ target }) =>
          void navigate({ to: '/privacy', search: target.value === 'all' ? { show: 'all' } : {} })
        }
      >
        <option value="open">{privacy.open}</option>
        <option value="all">{privacy.all}</option>
      </select>
    </label>
  );
  return (
    <Page
      title={privacy.title}
      subtitle={privacy.subtitle}
      actions={
        <>
          <ExportData />
          <ErasePerson />
        </>
      }
    >
      <ShopDeletions now={now} />
      <Card title={privacy.requests} aside={filter}>
        {requests?.length === 0 && (
          <div>
            <h3 className="privacy-none">{openOnly ? privacy.none : privacy.noneTitle}</h3>
            <p className="muted">{openOnly ? privacy.noneText : privacy.neverText}</p>
          </div>
        )}
        {requests && requests.length > 0 && <RequestList requests={requests} now={now} />}
        {!requests && !error && <Skeleton lines={6} />}
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {hasNextPage && (
          <div>
            <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {privacy.more}
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}
