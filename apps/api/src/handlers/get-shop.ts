import type { GetShopRequest } from '@core/contracts';
import { getShop } from '@core/domain';
import { presentShop } from '../present/shop.ts';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getShopHandler(
  deps: Pick<Deps, 'reads' | 'installApp'>,
  _ctx: CallContext,
  { merchantId, shop }: Checked<GetShopRequest>,
) {
  const found = await getShop(strongReader(deps, { merchantId }), { merchantId, shop });
  return { shop: presentShop(merchantId, found, deps.installApp) };
}
