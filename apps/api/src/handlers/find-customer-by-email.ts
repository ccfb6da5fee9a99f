import type { FindCustomerByEmailRequest } from '@core/contracts';
import { findCustomerByEmail } from '@core/domain';
import { readerFor } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { emailsFor } from '../call/emails.ts';
import { presentCustomer } from '../present/customer.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function findCustomerByEmailHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys' | 'tellUnreadable'>,
  ctx: CallContext,
  request: Checked<FindCustomerByEmailRequest>,
) {
  const row = await findCustomerByEmail(readerFor(deps, request), deps, request);
  return { customer: presentCustomer(row, await emailsFor(deps, ctx, [row])) };
}
