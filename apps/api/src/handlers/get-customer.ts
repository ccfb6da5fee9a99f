import type { GetCustomerRequest } from '@core/contracts';
import { getCustomer } from '@core/domain';
import { readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { emailsFor } from '../rpc-context/emails.ts';
import { presentCustomer } from '../present/customer.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getCustomerHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys' | 'reportUnreadableEmails'>,
  ctx: CallContext,
  request: Checked<GetCustomerRequest>,
) {
  const row = await getCustomer(readerFor(deps, request), request);
  return { customer: presentCustomer(row, await emailsFor(deps, ctx, [row])) };
}
