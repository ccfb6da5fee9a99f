import { useInfiniteQuery } from '@connectrpc/connect-query';
import { PrivacyService } from '@core/contracts/web';
import { useSearch } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { filterOf, isEmpty, startOf } from './audit-filter.ts';
import { EntryTable } from './entry-table.tsx';
import { FilterForm } from './filter-form.tsx';
import { SealCard } from './seal-card.tsx';

const PAGE_SIZE = 50;

/** Who did what, and whether the log is sealed. */
export function AuditPage() {
  const { audit } = usePageTexts();
  const { merchantId } = useSession();
  const { timeZone } = useFormats();
  const filter = filterOf(useSearch({ strict: false }));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    PrivacyService.method.listAuditLog,
    {
      merchantId,
      actor: filter.actor,
      action: filter.action,
      customerId: filter.customer === '' ? undefined : filter.customer,
      occurredFrom: startOf(filter.from),
      occurredBefore: startOf(filter.to, 1),
      pageSize: PAGE_SIZE,
      pageToken: '',
    },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
    },
  );
  const entries = data?.pages.flatMap((page) => page.entries);
  return (
    <Page title={audit.title} subtitle={audit.subtitle(timeZone)}>
      <SealCard />
      <Card title={audit.entries}>
        <FilterForm key={JSON.stringify(filter)} filter={filter} />
        {entries?.length === 0 && (
          <div role="status">
            <p>{audit.none}</p>
            <p className="muted">{isEmpty(filter) ? audit.noneText : audit.noneFiltered}</p>
          </div>
        )}
        {entries && entries.length > 0 && <EntryTable entries={entries} />}
        {!entries && !error && <Skeleton lines={8} />}
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {hasNextPage && (
          <div>
            <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {audit.more}
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}
