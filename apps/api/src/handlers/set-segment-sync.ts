import type { SetSegmentSyncRequest } from '@core/contracts';
import { getShop, setSegmentSync } from '@core/domain';
import { presentShop } from '../present/shop.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function setSegmentSyncHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'installApp'>,
  ctx: CallContext,
  request: Checked<SetSegmentSyncRequest>,
) {
  const { merchantId } = request;
  const { result } = await write(deps, ctx, async (tx, commandCtx) => {
    await setSegmentSync(tx, commandCtx, request);
    return getShop(tx, request);
  });
  return { shop: presentShop(merchantId, result, deps.installApp) };
}
