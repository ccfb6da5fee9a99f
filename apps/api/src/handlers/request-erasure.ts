import type { RequestErasureRequest } from '@core/contracts';
import { requestErasure } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentPrivacyRequest } from '../present/privacy-request.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function requestErasureHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, requestId, customerId, externalId }: Checked<RequestErasureRequest>,
) {
  const { result } = await write(deps, ctx, (tx, commandCtx) =>
    requestErasure(tx, commandCtx, { merchantId, requestId, customerId, externalId }),
  );
  return { privacyRequest: presentPrivacyRequest(result) };
}
