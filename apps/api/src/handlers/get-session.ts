import type { GetSessionRequest } from '@core/contracts';
import { listShops } from '@core/domain';
import { presentShop } from '../present/shop.ts';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import type { Checked } from '../validation/apply-rules.ts';

/** Also returns the shops, because a page needs both before it can show anything. */
export async function getSessionHandler(
  deps: Pick<Deps, 'reads' | 'installApp'>,
  { merchantId, scopes, boundToShop }: CallContext,
  _request: Checked<GetSessionRequest, 'merchantId'>,
) {
  const shops = await listShops(strongReader(deps, { merchantId }), { merchantId });
  return {
    merchantId,
    shop: boundToShop ?? '',
    scopes: [...scopes],
    shops: shops.map((shop) => presentShop(merchantId, shop, deps.installApp)),
  };
}
