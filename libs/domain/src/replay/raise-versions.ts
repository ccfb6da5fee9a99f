import { asc, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  appendAudit,
  appendToOutbox,
  assign,
  build,
  customers,
  many,
  statement,
  unnest,
  type Actor,
  type Tx,
} from '@core/db';
import { CUSTOMER_KEYS, isOneOfKeys, keysOf } from './customer-keys.ts';
import { EVERY_FIELD } from './replay-customers.ts';

/** The highest published version of a customer. */
export interface PublishedVersion {
  merchantId: MerchantId;
  customerId: CustomerId;
  version: number;
}

export interface RaisedVersions {
  /** Customers that the database contains. */
  raised: number;
  /** Lost customers whose creation was published. */
  lost: number;
}

const LOCK = statement({
  crosses: 'operators',
  params: CUSTOMER_KEYS,
  row: { customerId: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(isOneOfKeys(p))
      .orderBy(asc(customers.merchantId), asc(customers.id))
      .for('update'),
});

const RAISE = statement({
  crosses: 'operators',
  params: { ...CUSTOMER_KEYS, versions: many(customers.version) },
  row: { merchantId: customers.merchantId, customerId: customers.id, version: customers.version },
  text(p, row) {
    const seen = unnest('seen', { merchantId: p.merchantIds, id: p.customerIds, version: p.versions });
    const { merchantId, id, version } = customers;
    return sql`
      update ${customers} set ${assign(customers, { version: sql`greatest(${version}, ${seen.version}) + 1` })}
        from ${seen} where ${merchantId} = ${seen.merchantId} and ${id} = ${seen.id} returning ${row}`;
  },
});

/**
 * Raises customers above every version that was published for them, and publishes an event for each. After a
 * restore or a failover that lost commits, the next changes would otherwise reuse versions that consumers
 * have seen with other content, and be skipped. A customer that no longer exists gets an event with the next
 * version too: a consumer that then reads it gets NOT_FOUND. The function may run while the apps write, and
 * repeatedly: each run costs one event per customer.
 *
 * Rejected: raising every customer by a wide gap. It writes each row and publishes each customer, although
 * only a published version can be confused.
 */
export async function raiseVersions(
  tx: Tx,
  ctx: Actor,
  published: readonly PublishedVersion[],
): Promise<RaisedVersions> {
  const keys = keysOf(published);
  const found = await tx.run(LOCK, keys);
  const raised = await tx.run(RAISE, { ...keys, versions: published.map(({ version }) => version) });
  const here = new Set(found.map(({ customerId }) => customerId));
  const lost = published
    .filter(({ customerId }) => !here.has(customerId))
    .map((each) => ({ ...each, version: each.version + 1 }));
  const changed = [...raised, ...lost];
  await appendToOutbox(
    tx,
    changed.map(({ merchantId, customerId, version }) => ({
      merchantId,
      customerId,
      version,
      changedFields: EVERY_FIELD,
      origin: 'replay',
    })),
  );
  for (const [merchantId, { length }] of Map.groupBy(changed, (each) => each.merchantId)) {
    await appendAudit(tx, ctx, {
      merchantId,
      action: 'events.raise',
      detail: { customers: length, lost: lost.filter((each) => each.merchantId === merchantId).length },
    });
  }
  return { raised: raised.length, lost: lost.length };
}
