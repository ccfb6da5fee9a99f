import { appendAudit, appendToOutbox, type Actor, type Tx } from '@core/db';
import { EVERY_FIELD } from './replay-customers.ts';

/** The highest published version of a customer. */
export interface PublishedVersion {
  merchantId: string;
  customerId: string;
  version: number;
}

export interface Raised {
  /** Customers that the database contains. */
  raised: number;
  /** Lost customers: their creation was published. */
  lost: number;
}

/**
 * Raises customers above every version that was published of them, and publishes an event for each. After a
 * restore or a failover that lost commits, the next changes would otherwise reuse versions that consumers
 * have seen with other content, and be skipped. A customer that no longer exists gets an event with the next
 * version too: a consumer that reads it gets NOT_FOUND. It may run while the apps write, and repeatedly: each
 * run costs one event per customer.
 *
 * Rejected: raising every customer by a wide gap. It writes each row and publishes each customer, although
 * only a published version can be confused.
 */
export async function raiseVersions(
  tx: Tx,
  ctx: Actor,
  published: readonly PublishedVersion[],
): Promise<Raised> {
  const asArrays = [
    published.map(({ merchantId }) => merchantId),
    published.map(({ customerId }) => customerId),
    published.map(({ version }) => version),
  ];
  const found = await tx.query<{ customerId: string }>(
    `select id as "customerId" from customers
      where (merchant_id, id) in (select * from unnest($1::uuid[], $2::uuid[])) order by merchant_id, id for update`,
    asArrays.slice(0, 2),
  );
  const raised = await tx.query<PublishedVersion & Record<string, unknown>>(
    `update customers c set version = greatest(c.version, seen.version) + 1
       from unnest($1::uuid[], $2::uuid[], $3::int[]) as seen (merchant_id, id, version)
      where c.merchant_id = seen.merchant_id and c.id = seen.id
     returning c.merchant_id as "merchantId", c.id as "customerId", c.version`,
    asArrays,
  );
  const here = new Set(found.map(({ customerId }) => customerId));
  const lost = published
    .filter(({ customerId }) => !here.has(customerId))
    .map((each) => ({ ...each, version: each.version + 1 }));
  const told = [...raised, ...lost];
  await appendToOutbox(
    tx,
    told.map(({ merchantId, customerId, version }) => ({
      merchantId,
      customerId,
      version,
      changedFields: EVERY_FIELD,
      origin: 'replay',
    })),
  );
  for (const [merchantId, { length }] of Map.groupBy(told, (each) => each.merchantId)) {
    await appendAudit(tx, ctx, {
      merchantId,
      action: 'events.raise',
      detail: { customers: length, lost: lost.filter((each) => each.merchantId === merchantId).length },
    });
  }
  return { raised: raised.length, lost: lost.length };
}
