import type { ListShopsRequest } from '@core/contracts';
import { listShops } from '@core/domain';
import { presentShop } from '../present/shop.ts';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listShopsHandler(
  deps: Pick<Deps, 'reads' | 'installApp'>,
  _ctx: CallContext,
  { merchantId }: Checked<ListShopsRequest>,
) {
  const shops = await listShops(strongReader(deps, { merchantId }), { merchantId });
  return { shops: shops.map((shop) => presentShop(merchantId, shop, deps.installApp)) };
}
