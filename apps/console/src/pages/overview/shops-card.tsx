import type { Shop } from '@core/contracts/web';
import { useFormats, useTexts } from '../../reader.ts';
import { ShopBadge } from '../../shops/shop-badge.tsx';
import { Card } from '../../ui/card.tsx';

/** The connection of each shop. */
export function ShopsCard({ shops }: { shops: readonly Shop[] }) {
  const { overview } = useTexts();
  return (
    <Card title={overview.shops}>
      <ul className="list">
        {shops.map((shop) => (
          <ShopEntry key={shop.shop} shop={shop} />
        ))}
      </ul>
    </Card>
  );
}

function ShopEntry({ shop }: { shop: Shop }) {
  const { overview } = useTexts();
  const { plan, connectedAt, endedAt } = shop;
  const formats = useFormats();
  return (
    <li className="overview-shop">
      <div className="overview-shop-head">
        <span>{shop.shop}</span>
        <ShopBadge shop={shop} />
      </div>
      {plan && <p className="muted small">{overview.plan(plan)}</p>}
      {connectedAt && !endedAt && (
        <p className="muted small">{overview.connectedSince(formats.date(connectedAt))}</p>
      )}
      {endedAt && <p className="muted small">{overview.endedAt(formats.dateTime(endedAt))}</p>}
    </li>
  );
}
