import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ConnectShopRequest } from '@core/contracts';
import { connectShop } from '@core/domain';
import type { CallContext, Deps } from '../call/context.ts';
import { write } from '../call/write.ts';

export async function connectShopHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, shop, accessToken, refreshToken, expiresAt }: ConnectShopRequest,
) {
  const { result } = await write(deps, ctx, (tx, commandCtx) =>
    connectShop(tx, commandCtx, {
      merchantId,
      shop,
      accessToken,
      refreshToken,
      expiresAt: expiresAt && timestampDate(expiresAt),
    }),
  );
  return result;
}
