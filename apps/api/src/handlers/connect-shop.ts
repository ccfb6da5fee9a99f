import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ConnectShopRequest } from '@core/contracts';
import { connectShop } from '@core/domain';
import type { CallContext, Deps } from '../call/context.ts';
import { write } from '../call/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

/**
 * Asks the shop first, outside of the transaction: no connection is held while an external server answers.
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
