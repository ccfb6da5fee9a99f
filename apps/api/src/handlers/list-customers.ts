import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ListCustomersRequest } from '@core/contracts';
import { listCustomers } from '@core/domain';
import type { CallContext, Deps } from '../call/context.ts';
import { emailsFor } from '../call/emails.ts';
import { presentCustomer } from '../present/customer.ts';

export async function listCustomersHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys'>,
  ctx: CallContext,
  { merchantId, filter, pageSize, pageToken }: ListCustomersRequest,
) {
  const { customers, nextPageToken } = await listCustomers(deps.reads.reader({ kind: 'minimize_latency' }), {
    merchantId,
    segment: filter?.segment,
    recency: filter?.recency,
    frequency: filter?.frequency,
    monetary: filter?.monetary,
    updatedSince: filter?.updatedSince && timestampDate(filter.updatedSince),
    pageSize,
    pageToken,
  });
  const emails = await emailsFor(deps, ctx, customers);
  return { customers: customers.map((row) => presentCustomer(row, emails)), nextPageToken };
}
