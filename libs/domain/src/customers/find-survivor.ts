import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CustomerId } from '@core/contracts';
import { columns, customers, relation, statement, type Reader } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CustomerKey } from '../core/index.ts';

/** Not found, because the customer was merged into another one, which still exists. */
export class MergedAway extends CoreError {
  override name = 'MergedAway';
  readonly survivorId: CustomerId;

  constructor(survivorId: CustomerId) {
    super('not_found', 'customer not found: it was merged into another one');
    this.survivorId = survivorId;
  }
}

const { merchantId, id } = customers;

const SURVIVOR = statement({
  params: { merchantId, id },
  row: { id },
  text(p) {
    const c = alias(customers, 'c');
    const shape = { id: c.id, mergedInto: c.mergedInto, deletedAt: c.deletedAt, erasedAt: c.erasedAt };
    const chain = relation('chain', shape);
    // UNION, not UNION ALL: the query ends even if the rows form a cycle.
    return sql`
      with recursive ${chain} as (
        select ${columns(shape)} from ${customers} as ${c} where ${c.merchantId} = ${p.merchantId} and ${c.id} = ${p.id}
        union
        select ${columns(shape)}
          from ${chain} join ${customers} as ${c} on ${c.merchantId} = ${p.merchantId} and ${c.id} = ${chain.mergedInto})
      select ${columns({ id: chain.id })} from ${chain}
       where ${chain.id} <> ${p.id} and ${chain.deletedAt} is null and ${chain.erasedAt} is null`;
  },
});

/**
 * Returns the live customer at the end of the merges of a deleted one; null when there is none. A separate
 * query, run only for a customer that is not found: reads of existing customers, which are all but a few, pay
 * nothing for it.
 */
export async function findSurvivor(
  reader: Reader,
  { merchantId, customerId }: CustomerKey,
): Promise<CustomerId | null> {
  const [row] = await reader.run(SURVIVOR, { merchantId, id: customerId });
  return row?.id ?? null;
}

/** Returns the error for a customer that is not found: MergedAway, or a plain CoreError not_found. */
export async function explainNotFound(reader: Reader, key: CustomerKey): Promise<CoreError> {
  const survivor = await findSurvivor(reader, key);
  return survivor === null ? new CoreError('not_found', 'customer not found') : new MergedAway(survivor);
}
