import { ShopStatus, type Shop } from '@core/contracts/web';
import { useShopClock } from '../../format/use-shop-clock.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { isConnected } from '../../shops/connected.ts';
import { ShopBadge } from '../../shops/shop-badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Permissions } from './permissions.tsx';
import { SegmentSyncPart } from './segment-sync-part.tsx';
import { ShopActions } from './shop-actions.tsx';

interface ShopCardProps {
  shop: Shop;
  /** Whether the caller may act in this shop. */
  mayChange: boolean;
  onOpened: (shop: string) => void;
}

/** One shop: the state of its connection, what the app may do there, and what can be changed. */
export function ShopCard({ shop, mayChange, onOpened }: ShopCardProps) {
  const { connect: words } = usePageTexts();
  const { plan, connectedAt, endedAt, notes } = shop;
  const { formats, known } = useShopClock(shop);
  const connected = isConnected(shop);
  const zone = known ? formats.timeZone : words.zoneUnknown(formats.timeZone);
  const facts: [string, string | undefined][] = [
    [words.connectedAt, connectedAt && formats.dateTime(connectedAt)],
    [words.endedAt, endedAt && formats.dateTime(endedAt)],
    [words.plan, connected ? plan || words.unknown : undefined],
    [words.zone, connected ? zone : undefined],
  ];
  return (
    <Card title={shop.shop} aside={<ShopBadge shop={shop} />}>
      {shop.status === ShopStatus.UNINSTALLED && <p>{words.uninstalledText}</p>}
      {shop.status === ShopStatus.DISCONNECTED && <p>{words.disconnectedText}</p>}
      {notes.length > 0 && (
        <ul className="connect-notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <dl className="connect-facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {connected && <Permissions shop={shop} />}
      {connected && <SegmentSyncPart shop={shop} mayChange={mayChange} formats={formats} />}
      {mayChange && <ShopActions shop={shop} onOpened={onOpened} />}
    </Card>
  );
}
