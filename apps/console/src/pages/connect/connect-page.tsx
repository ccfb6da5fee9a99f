import { useQuery } from '@connectrpc/connect-query';
import { ShopService, ShopStatus, type Shop } from '@core/contracts/web';
import { useState } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ConnectButton } from './connect-button.tsx';
import { ShopCard } from './shop-card.tsx';
import { connectionOf, isMade, type AwaitedConnection } from './awaited-connection.ts';
import './connect-page.css';

/** While something in a shop is about to change, the page follows it by itself. */
const REFRESH_MS = 5_000;

/** The shops of the merchant: how the app gets into them, and what it may do there. */
export function ConnectPage() {
  const { pages, connect: words } = usePageTexts();
  const { merchantId, shop: boundTo } = useSession();
  const [awaited, setAwaited] = useState<AwaitedConnection>();
  const { data, error, refetch } = useQuery(
    ShopService.method.listShops,
    { merchantId },
    { refetchInterval: ({ state }) => (awaited || isChanging(state.data?.shops) ? REFRESH_MS : false) },
  );
  const shops = data?.shops;
  const waitsFor = awaited && !isMade(awaited, shops ?? []) ? awaited.shop : undefined;
  const wait = (shop: string) => setAwaited({ shop, before: connectionOf(shop, shops ?? []) });
  // A session of a shop's admin acts in this shop alone.
  const actions = boundTo === '' && (
    <ConnectButton
      kind={shops && shops.length > 0 ? 'secondary' : 'primary'}
      label={words.connect}
      onOpened={wait}
    />
  );
  return (
    <Page title={pages.connect} subtitle={words.subtitle} actions={actions}>
      <div role="status">{waitsFor && <p className="connect-awaited">{words.awaited(waitsFor)}</p>}</div>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!shops && !error && (
        <Card title={words.shops}>
          <Skeleton lines={6} />
        </Card>
      )}
      {shops?.length === 0 && (
        <Card title={words.empty}>
          <p className="muted">{words.emptyText}</p>
        </Card>
      )}
      {shops?.map((shop) => (
        <ShopCard
          key={shop.shop}
          shop={shop}
          mayChange={boundTo === '' || boundTo === shop.shop}
          onOpened={wait}
        />
      ))}
    </Page>
  );
}

const isChanging = (shops: readonly Shop[] = []): boolean =>
  shops.some(
    ({ status, segmentSync }) =>
      status === ShopStatus.UNPROVEN ||
      (segmentSync && (segmentSync.enabled ? !segmentSync.lastCompletedAt : segmentSync.written > 0n)),
  );
