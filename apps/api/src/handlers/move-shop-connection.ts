import { inTransaction } from '@core/db';
import type { MerchantId, MoveShopConnectionRequest, MoveShopRequest } from '@core/contracts';
import { moveShop, readStoredToken } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

type MoveDeps = Pick<Deps, 'pool' | 'keys' | 'proveShop'>;

/** MoveShopConnection of ImportService, the former name of MoveShop. */
export const moveShopConnectionHandler = (
  deps: MoveDeps,
  ctx: CallContext,
  request: Checked<MoveShopConnectionRequest>,
) => move(deps, ctx, request);

export const moveShopHandler = (deps: MoveDeps, ctx: CallContext, request: Checked<MoveShopRequest>) =>
  move(deps, ctx, request);

/**
 * Queries the shop at its new domain first, outside a transaction, as ConnectShop does. It uses the stored
 * token, which only the shop that was connected knows.
 */
async function move(
  deps: MoveDeps,
  ctx: CallContext,
  { merchantId, shop, newShop }: { merchantId: MerchantId; shop: string; newShop: string },
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
