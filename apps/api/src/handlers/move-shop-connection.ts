import { inTransaction } from '@core/db';
import type { MoveShopConnectionRequest } from '@core/contracts';
import { moveShop, readStoredToken } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

/**
 * Queries the shop at its new domain first, outside a transaction, as ConnectShop does. It uses the stored
 * token, which only the shop that was connected knows.
 */
export async function moveShopConnectionHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'proveShop'>,
  ctx: CallContext,
  { merchantId, shop, newShop }: Checked<MoveShopConnectionRequest>,
) {
  const { accessToken } = await inTransaction(
    deps.pool,
    (tx) => readStoredToken(tx, deps, { merchantId, shop }),
    { signal: ctx.signal, merchantId },
  );
  const { shopId } = await deps.proveShop({ shop: newShop, accessToken, signal: ctx.signal }, 'new_shop');
  const { result } = await write(deps, ctx, (tx, commandCtx) =>
    moveShop(tx, commandCtx, { merchantId, shop, newShop, shopId }),
  );
  return { shop: result.shop };
}
