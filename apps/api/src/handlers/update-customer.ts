import type { UpdateCustomerRequest } from '@core/contracts';
import { updateCustomer } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { emailsInTransaction } from '../rpc-context/emails.ts';
import { write } from '../rpc-context/write.ts';
import { presentCustomer } from '../present/customer.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function updateCustomerHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'reportUnreadableEmails'>,
  ctx: CallContext,
  request: Checked<UpdateCustomerRequest>,
) {
  const { result, consistencyToken } = await write(deps, ctx, async (tx, commandCtx) => {
    const row = await updateCustomer(tx, commandCtx, request);
    return presentCustomer(row, await emailsInTransaction(deps, tx, ctx, commandCtx, [row]));
  });
  return { customer: result, consistencyToken };
}
