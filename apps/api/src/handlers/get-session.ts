import type { GetSessionRequest } from '@core/contracts';
import { listImports, listShops } from '@core/domain';
import { presentImport } from '../present/customer-import.ts';
import { presentShop } from '../present/shop.ts';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import type { Checked } from '../validation/apply-rules.ts';

/** Enough to find the last import of each of a merchant's shops. */
const NEWEST = 20;

/** Also returns what a page needs before it can show anything: the shops and the newest imports. */
export async function getSessionHandler(
  deps: Pick<Deps, 'reads' | 'installApp' | 'pageTokens'>,
  { merchantId, scopes, boundToShop }: CallContext,
  _request: Checked<GetSessionRequest, 'merchantId'>,
) {
  const reader = strongReader(deps, { merchantId });
  const [shops, { imports }] = await Promise.all([
    listShops(reader, { merchantId }),
    listImports(reader, deps, { merchantId, pageSize: NEWEST, pageToken: '' }),
  ]);
  return {
    merchantId,
    shop: boundToShop ?? '',
    scopes: [...scopes],
    shops: shops.map((shop) => presentShop(merchantId, shop, deps.installApp)),
    newestImports: imports.map((run) => presentImport(run)),
  };
}
