import { sql, type SQL } from 'drizzle-orm';
import { customers, many, unnest, type Placeholders } from '@core/db';
import type { CustomerKey } from '../core/index.ts';

/** Parameters that name customers of several merchants. */
export const CUSTOMER_KEYS = { merchantIds: many(customers.merchantId), customerIds: many(customers.id) };

export const keysOf = (of: readonly CustomerKey[]) => ({
  merchantIds: of.map(({ merchantId }) => merchantId),
  customerIds: of.map(({ customerId }) => customerId),
});

export function isOneOfKeys(p: Pick<Placeholders<typeof CUSTOMER_KEYS>, 'merchantIds' | 'customerIds'>): SQL {
  const key = unnest('key', { merchantId: p.merchantIds, id: p.customerIds });
  return sql`(${customers.merchantId}, ${customers.id}) in (select ${key.merchantId}, ${key.id} from ${key})`;
}
