import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ConnectShopRequest } from '@core/contracts';
import { connectShop } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

/**
 * Queries the shop first, outside the transaction: no database connection is held while an external server
 * answers.
 */
export async function connectShopHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'proveShop'>,
  ctx: CallContext,
  { merchantId, shop, accessToken, refreshToken, expiresAt }: Checked<ConnectShopRequest>,
) {
  const { shopId } = await deps.proveShop({ shop, accessToken, signal: ctx.signal });
  const { result } = await write(deps, ctx, (tx, commandCtx) =>
    connectShop(tx, commandCtx, {
      merchantId,
      shop,
      shopId,
      accessToken,
      refreshToken,
      expiresAt: expiresAt && timestampDate(expiresAt),
    }),
  );
  return result;
}
