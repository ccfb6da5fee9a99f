import { useQuery } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { useTexts } from '../../reader.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StartImport } from '../../imports/start-import.tsx';
import { AttentionCard } from './attention-card.tsx';
import { LastImportCard } from './last-import-card.tsx';
import { NoShop } from './no-shop.tsx';
import { ScoresCard } from './scores-card.tsx';
import { ShopsCard } from './shops-card.tsx';
import './overview-page.css';

/** Enough to find the last import of each of a merchant's shops. */
const NEWEST = 20;

export function OverviewPage() {
  const { pages, overview } = useTexts();
  const { merchantId, shops, scopes } = useSession();
  const { data, error, refetch } = useQuery(
    ImportService.method.listCustomerImports,
    { merchantId, pageSize: NEWEST },
    { enabled: shops.length > 0 },
  );
  if (shops.length === 0) return <NoShop />;
  // Alone: what stands below would move when the cards above it arrive.
  if (!data && !error) {
    return (
      <Page title={pages.overview} actions={<StartImport />}>
        <Skeleton lines={8} />
      </Page>
    );
  }
  return (
    <Page title={pages.overview} actions={<StartImport />}>
      {data && <AttentionCard shops={shops} imports={data.customerImports} />}
      <div className="overview-columns">
        <div className="overview-column">
          {data ? (
            <LastImportCard last={data.customerImports[0]} />
          ) : (
            <Card title={overview.lastImport}>
              <ErrorState error={error} onRetry={() => void refetch()} />
            </Card>
          )}
          {scopes.includes('rfm:read') && <ScoresCard />}
        </div>
        <ShopsCard shops={shops} />
      </div>
    </Page>
  );
}
