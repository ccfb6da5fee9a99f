import { asc } from 'drizzle-orm';
import { appendAudit, appendToOutbox, build, customers, statement, type Actor, type Tx } from '@core/db';
import type { CustomerKey } from '../core/index.ts';
import { CUSTOMER_KEYS, isOneOfKeys, keysOf } from './customer-keys.ts';
import { selectPage, type ReplayCursor, type ReplaySelection } from './replay-selection.ts';

export interface ReplayCustomers extends ReplaySelection {
  /** The cursor of the previous page; absent for the first. */
  after?: ReplayCursor | undefined;
  /** Customers per page. */
  limit: number;
}

export interface ReplayedPage {
  /** Number of events appended. */
  appended: number;
  /** Cursor of the next page; undefined after the last one. */
  next: ReplayCursor | undefined;
}

/** All fields: any may have changed for a consumer that lost events, which must read the customer again. */
export const EVERY_FIELD = ['email', 'external_id', 'metadata', 'rfm_score'];

/**
 * Appends one page of events of origin `replay`, each with its customer's current version, after the outbox's
 * present events; the relay does the rest. The rows are share-locked until the commit. An earlier writer has
 * its event before ours, which then has the same version; a later writer waits, and its event follows. A
 * customer's versions therefore never fall.
 *
 * An erased or deleted customer gets an event too, identical to that of its erasure: every field changed,
 * version 2 or more, so it is never customer.created. A consumer that then reads the customer gets NOT_FOUND.
 * Without this event, a consumer that lost the erasure would keep the person for ever.
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

/** Appends an event of origin `replay` for each customer that exists. @returns how many */
export async function appendReplayed(tx: Tx, ctx: Actor, keys: readonly CustomerKey[]): Promise<number> {
  const locked = await tx.run(LOCK, keysOf(keys));
  await appendToOutbox(
    tx,
    locked.map((customer) => ({ ...customer, changedFields: EVERY_FIELD, origin: 'replay' })),
  );
  // One audit row per page and merchant, not per customer: nothing about the customers has changed.
  for (const [merchantId, { length }] of Map.groupBy(locked, (customer) => customer.merchantId)) {
    await appendAudit(tx, ctx, { merchantId, action: 'events.replay', detail: { customers: length } });
  }
  return locked.length;
}

/**
 * Separate from choosing the page. PostgreSQL checks a row again if it changes during the wait for its lock:
 * with the page's conditions in the same statement it would drop out, and the cursor with it.
 */
const LOCK = statement({
  crosses: 'operators',
  params: CUSTOMER_KEYS,
  row: { merchantId: customers.merchantId, customerId: customers.id, version: customers.version },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(isOneOfKeys(p))
      .orderBy(asc(customers.merchantId), asc(customers.id))
      .for('share'),
});
