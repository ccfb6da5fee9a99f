import type { CancelPrivacyRequestRequest } from '@core/contracts';
import { getPrivacyRequest, withdrawShopRedaction } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentPrivacyRequest } from '../present/privacy-request.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function cancelPrivacyRequestHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, requestId }: Checked<CancelPrivacyRequestRequest>,
) {
  const ref = { merchantId, requestId };
  const { result } = await write(deps, ctx, async (tx, commandCtx) => {
    await withdrawShopRedaction(tx, commandCtx, ref);
    return getPrivacyRequest(tx, ref);
  });
  return { privacyRequest: presentPrivacyRequest(result) };
}
