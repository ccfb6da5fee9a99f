import { appendAudit, appendToOutbox, type Actor, type Tx } from '@core/db';
import { selectPage, type ReplayCursor, type ReplaySelection } from './replay-selection.ts';

export interface ReplayCustomers extends ReplaySelection {
  /** The cursor of the page before; absent for the first. */
  after?: ReplayCursor | undefined;
  /** Customers of this page. */
  limit: number;
}

export interface ReplayedPage {
  /** Events appended. */
  appended: number;
  /** Where the next page begins; undefined after the last one. */
  next: ReplayCursor | undefined;
}

/** What a replay says has changed: any of it may have, for who asks has lost events. Read the customer anew. */
export const EVERY_FIELD = ['email', 'external_id', 'metadata', 'rfm_score'];

/**
 * Appends one page of events of origin `replay`, each with its customer's current version, behind what the outbox
 * holds; the relay does the rest. The rows are share-locked until the commit: a writer that came before has its
 * event in front of ours, whose version is then this one; a later one waits, and its event follows. So a
 * customer's versions never fall.
 *
 * An erased or deleted customer is told of, too, in the very words of its erasure: every field changed, version 2
 * or more, so it is never customer.created. Who reads the customer on it gets NOT_FOUND. Left out, a consumer that
 * lost the erasure would keep the person for ever.
 */
export async function replayCustomers(
  tx: Tx,
  ctx: Actor,
  { after, limit, ...selection }: ReplayCustomers,
): Promise<ReplayedPage> {
  const page = await selectPage(tx, selection, after, limit);
  const appended = await appendReplayed(tx, ctx, page);
  return { appended, next: page.length < limit ? undefined : page.at(-1) };
}

/** Appends an event of origin `replay` for each of the customers that there is. @returns how many */
export async function appendReplayed(tx: Tx, ctx: Actor, keys: readonly CustomerKey[]): Promise<number> {
  const customers = await lockCustomers(tx, keys);
  await appendToOutbox(
    tx,
    customers.map(({ merchant_id, id, version }) => ({
      merchantId: merchant_id,
      customerId: id,
      version,
      changedFields: EVERY_FIELD,
      origin: 'replay',
    })),
  );
  // One row a page and merchant, not one a customer: nothing about the customers has changed.
  for (const [merchantId, { length }] of Map.groupBy(customers, (customer) => customer.merchant_id)) {
    await appendAudit(tx, ctx, { merchantId, action: 'events.replay', detail: { customers: length } });
  }
  return customers.length;
}

type CustomerKey = Pick<ReplayCursor, 'merchantId' | 'customerId'>;

/**
 * Apart from choosing the page: a row that changes while the lock is waited for is looked at again, and with the
 * page's conditions in the same statement it would fall out, and the cursor with it.
 */
const lockCustomers = (
  tx: Tx,
  keys: readonly CustomerKey[],
): Promise<{ merchant_id: string; id: string; version: number }[]> =>
  tx.query(
    `select merchant_id, id, version from customers
      where (merchant_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
      order by merchant_id, id
        for share`,
    [keys.map(({ merchantId }) => merchantId), keys.map(({ customerId }) => customerId)],
  );
