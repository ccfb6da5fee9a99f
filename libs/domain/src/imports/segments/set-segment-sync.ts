import type { MerchantId } from '@core/contracts';
import { appendAudit, build, shopifyConnections, statement, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { lockShopOfMerchant } from '../shops/lock-shop-of-merchant.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';
import { grantSegmentScope, mayWriteSegments } from './segment-scope.ts';
import { turnSegmentSync } from './turn-segment-sync.ts';

export interface SetSegmentSync {
  merchantId: MerchantId;
  shop: string;
  enabled: boolean;
}

const FIND_SCOPES = statement({
  params: SHOP,
  row: { scopes: shopifyConnections.scopes },
  text: (p, row) => build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

/**
 * Turns the writing of segments to a shop's customers on or off. Off, an importer removes what was written
 * from the shop, also by an earlier connection.
 * @throws CoreError invalid_argument; failed_precondition when the shop is not connected, or has not granted
 *   the access scope
 */
export async function setSegmentSync(tx: Tx, ctx: Actor, input: SetSegmentSync): Promise<void> {
  const { merchantId, enabled } = input;
  const shop = shopDomain(input.shop);
  // In the order of an uninstall, which would otherwise not see a sync that is turned on beside it.
  await lockShopOfMerchant(tx, { merchantId, shop });
  const [connection] = await tx.run(FIND_SCOPES, { merchantId, shop });
  if (!connection) throw notConnected(shop);
  if (enabled && !mayWriteSegments(connection.scopes)) {
    throw new CoreError('failed_precondition', `shop: ${grantSegmentScope.replace(/^T/, 't')}`, {
      field: 'shop',
    });
  }
  await turnSegmentSync(tx, { merchantId, shop, state: enabled ? 'on' : 'off' });
  await appendAudit(tx, ctx, { merchantId, action: 'segments.set', detail: { shop, enabled } });
}
