import { ShopStatus, type Shop } from '@core/contracts/web';
import { useTexts } from '../reader.ts';
import type { Texts } from '../texts/english.ts';
import { Badge, type Tone } from '../ui/badge.tsx';

const VIEWS: Partial<Record<ShopStatus, [keyof Texts['shopStatus'], Tone]>> = {
  [ShopStatus.CONNECTED]: ['connected', 'ok'],
  [ShopStatus.UNPROVEN]: ['unproven', 'info'],
  [ShopStatus.UNINSTALLED]: ['uninstalled', 'bad'],
  [ShopStatus.DISCONNECTED]: ['disconnected', 'idle'],
};

/** The state of a shop's connection. Access that Shopify refuses comes first: nothing works without it. */
export function ShopBadge({ shop: { status, accessRefusedAt } }: { shop: Shop }) {
  const { shopStatus } = useTexts();
  if (accessRefusedAt) return <Badge tone="bad">{shopStatus.refused}</Badge>;
  const [words, tone] = VIEWS[status] ?? ['unknown', 'idle'];
  return <Badge tone={tone}>{shopStatus[words]}</Badge>;
}
