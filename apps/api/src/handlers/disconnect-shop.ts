import type { DisconnectShopRequest } from '@core/contracts';
import { disconnectShop } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function disconnectShopHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  request: Checked<DisconnectShopRequest>,
) {
  await write(deps, ctx, (tx, commandCtx) => disconnectShop(tx, commandCtx, request));
  return {};
}
