import { create } from '@bufbuild/protobuf';
import { useQuery } from '@connectrpc/connect-query';
import { ImportService, ListCustomerImportsResponseSchema } from '@core/contracts/web';
import { useTexts } from '../../reader.ts';
import { useSession } from '../../session/session.ts';
import { Page } from '../../ui/page.tsx';
import { StartImport } from '../../imports/start-import.tsx';
import { AttentionCard } from './attention-card.tsx';
import { LastImportCard } from './last-import-card.tsx';
import { NoShop } from './no-shop.tsx';
import { ScoresCard } from './scores-card.tsx';
import { ShopsCard } from './shops-card.tsx';
import './overview-page.css';

/** As many as the session has. */
const NEWEST = 20;

export function OverviewPage() {
  const { pages } = useTexts();
  const { merchantId, shops, scopes, newestImports, readAt } = useSession();
  const { data } = useQuery(
    ImportService.method.listCustomerImports,
    { merchantId, pageSize: NEWEST },
    {
      enabled: shops.length > 0,
      // The first view needs no call of its own.
      initialData: create(ListCustomerImportsResponseSchema, { customerImports: newestImports }),
      initialDataUpdatedAt: readAt,
    },
  );
  const imports = data?.customerImports ?? newestImports;
  if (shops.length === 0) return <NoShop />;
  return (
    <Page title={pages.overview} actions={<StartImport />}>
      <AttentionCard shops={shops} imports={imports} />
      <div className="overview-columns">
        <div className="overview-column">
          <LastImportCard last={imports[0]} />
          {scopes.includes('rfm:read') && <ScoresCard />}
        </div>
        <ShopsCard shops={shops} />
      </div>
    </Page>
  );
}
