import { useInfiniteQuery } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { useNow } from '../../format/use-now.ts';
import { ImportList } from '../../imports/import-list.tsx';
import { StartImport } from '../../imports/start-import.tsx';
import { useTexts } from '../../reader.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { SchedulesCard } from './schedules/schedules-card.tsx';

const PAGE_SIZE = 25;
/** A list that shows a running import is refreshed by itself. */
const REFRESH_MS = 5_000;

export function ImportsPage() {
  const { imports: words } = useTexts();
  const { merchantId } = useSession();
  const now = useNow();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    ImportService.method.listCustomerImports,
    { merchantId, pageSize: PAGE_SIZE, pageToken: '' },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
      refetchInterval: REFRESH_MS,
    },
  );
  const imports = data?.pages.flatMap(({ customerImports }) => customerImports);
  return (
    <Page title={words.title} subtitle={words.subtitle} actions={<StartImport />}>
      {imports?.length === 0 ? (
        <Card title={words.empty}>
          <p className="muted">{words.emptyText}</p>
        </Card>
      ) : (
        <Card title={words.list}>
          {imports && <ImportList imports={imports} now={now} />}
          {!imports && !error && <Skeleton lines={6} />}
          {error && <ErrorState error={error} onRetry={() => void refetch()} />}
          {hasNextPage && (
            <div>
              <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                {words.more}
              </Button>
            </div>
          )}
        </Card>
      )}
      <SchedulesCard />
    </Page>
  );
}
