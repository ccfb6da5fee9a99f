import { ShopStatus, type Shop } from '@core/contracts/web';
import { useFormats, useTexts } from '../../reader.ts';
import type { Texts } from '../../texts.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';

const VIEWS: Partial<Record<ShopStatus, [keyof Texts['shopStatus'], Tone]>> = {
  [ShopStatus.CONNECTED]: ['connected', 'ok'],
  [ShopStatus.UNPROVEN]: ['unproven', 'info'],
  [ShopStatus.UNINSTALLED]: ['uninstalled', 'bad'],
  [ShopStatus.DISCONNECTED]: ['disconnected', 'idle'],
};

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

function ShopEntry({ shop: { shop, status, plan, connectedAt, endedAt } }: { shop: Shop }) {
  const { overview, shopStatus } = useTexts();
  const formats = useFormats();
  const [words, tone] = VIEWS[status] ?? ['unknown', 'idle'];
  return (
    <li className="overview-shop">
      <div className="overview-shop-head">
        <span>{shop}</span>
        <Badge tone={tone}>{shopStatus[words]}</Badge>
      </div>
      {plan && <p className="muted small">{overview.plan(plan)}</p>}
      {connectedAt && !endedAt && (
        <p className="muted small">{overview.connectedSince(formats.date(connectedAt))}</p>
      )}
      {endedAt && <p className="muted small">{overview.endedAt(formats.dateTime(endedAt))}</p>}
    </li>
  );
}
