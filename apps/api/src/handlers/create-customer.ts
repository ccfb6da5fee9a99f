import type { CreateCustomerRequest } from '@core/contracts';
import { createCustomer } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function createCustomerHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  request: Checked<CreateCustomerRequest>,
) {
  const { result, consistencyToken } = await write(deps, ctx, (tx, commandCtx) =>
    createCustomer(tx, commandCtx, request),
  );
  return { ...result, consistencyToken };
}
