import type { FindCustomerByEmailRequest } from '@core/contracts';
import { findCustomerByEmail } from '@core/domain';
import { readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { emailsFor } from '../rpc-context/emails.ts';
import { presentCustomer } from '../present/customer.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function findCustomerByEmailHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys' | 'reportUnreadableEmails'>,
  ctx: CallContext,
  request: Checked<FindCustomerByEmailRequest>,
) {
  const row = await findCustomerByEmail(readerFor(deps, request), deps, request);
  return { customer: presentCustomer(row, await emailsFor(deps, ctx, [row])) };
}
