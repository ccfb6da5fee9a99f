import type { ListCustomersRequest } from '@core/contracts';
import { listChangedCustomers, listCustomers, type CustomerPage } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { emailsFor } from '../rpc-context/emails.ts';
import { presentCustomer } from '../present/customer.ts';
import { readInstant, writeInstant } from '../present/instant.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listCustomersHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys' | 'pageTokens' | 'reportUnreadableEmails'>,
  ctx: CallContext,
  { merchantId, filter, pageSize, pageToken }: Checked<ListCustomersRequest>,
) {
  const { updatedSince, segment, recency, frequency, monetary } = filter ?? {};
  const input = { merchantId, segment, recency, frequency, monetary, pageSize, pageToken };
  const { reads, pageTokens } = deps;
  const page: CustomerPage & { watermark?: string } = updatedSince
    ? await listChangedCustomers(
        {
          primary: strongReader(deps, input),
          atLeast: (token) => reads.reader({ kind: 'at_least', token }, { merchantId }),
        },
        { pageTokens },
        { ...input, updatedSince: writeInstant(updatedSince) },
      )
    : await listCustomers(reads.reader({ kind: 'minimize_latency' }, { merchantId }), { pageTokens }, input);
  const emails = await emailsFor(deps, ctx, page.customers);
  return {
    customers: page.customers.map((row) => presentCustomer(row, emails)),
    nextPageToken: page.nextPageToken,
    watermark: page.watermark ? readInstant(page.watermark) : undefined,
  };
}
