import type { Pool } from '@core/db';
import {
  readSegmentPage,
  storeSegmentPage,
  type ClaimedSync,
  type SegmentOutcome,
  type SegmentRow,
} from '@core/domain';
import {
  deleteMetafields,
  MAX_METAFIELDS,
  METAFIELD_KEYS,
  setMetafields,
  type PlanTierCache,
  type ShopClient,
} from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { SegmentMetrics } from './segment-metrics.ts';
import { compareSegments, type SegmentChanges } from './compare-segments.ts';
import { forEachAtOnce } from './for-each-at-once.ts';

export interface WritePageDeps {
  pool: Pool;
  metrics: SegmentMetrics;
  planTiers: PlanTierCache;
}

/**
 * Customers per page. Between two pages the requests of a shop pause for a transaction, during which its
 * limit refills. A crash repeats at most one page.
 */
const PAGE = 600;
/**
 * Calls in flight, below the limiter's maximum of 12, so that an import of the same shop goes on. At 250 ms
 * a call they are forty a second, the default ceiling.
 */
const AT_ONCE = 10;
const CUSTOMERS_PER_DELETE = Math.floor(MAX_METAFIELDS / METAFIELD_KEYS.length);

/**
 * Writes one page of changed customers to the shop, and stores what the shop has then.
 * @returns whether more may have changed
 * @throws Fenced; as ShopClient
 */
export async function writeSegmentPage(
  { pool, metrics, planTiers }: WritePageDeps,
  sync: ClaimedSync,
  client: ShopClient,
): Promise<boolean> {
  const { rows, next } = await inTransactionOf(sync, pool, (tx) =>
    readSegmentPage(tx, { ...sync, most: PAGE }),
  );
  if (!next) return false;
  const changes = compareSegments(rows);
  await forEachAtOnce(AT_ONCE, inGroups(changes.deletes, CUSTOMERS_PER_DELETE), (some) =>
    deleteMetafields(client, some),
  );
  const outcomes = await setAll(client, changes.sets);
  await inTransactionOf(sync, pool, (tx) =>
    storeSegmentPage(tx, {
      ...sync,
      outcomes,
      removed: changes.removed,
      counts: countChanges(rows, outcomes, changes),
      next,
    }),
  );
  const tier = planTiers.of(client.shop);
  const refused = outcomes.filter((each) => each.refused !== null).length;
  metrics.customers.inc({ outcome: 'written', tier }, outcomes.length - refused);
  metrics.customers.inc({ outcome: 'refused', tier }, refused);
  metrics.customers.inc({ outcome: 'removed', tier }, changes.removed.length);
  return true;
}

async function setAll(client: ShopClient, sets: SegmentChanges['sets']): Promise<SegmentOutcome[]> {
  const outcomes: SegmentOutcome[] = [];
  await forEachAtOnce(AT_ONCE, sets, async (some) => {
    const refused = await setMetafields(
      client,
      some.map(({ metafields }) => metafields),
    );
    for (const { customer } of some) {
      const { customerId, wanted } = customer;
      if (wanted) outcomes.push({ customerId, ...wanted, refused: refused.get(wanted.shopCustomer) ?? null });
    }
  });
  return outcomes;
}

function countChanges(
  rows: readonly SegmentRow[],
  outcomes: readonly SegmentOutcome[],
  { removed }: SegmentChanges,
): { written: number; refused: number } {
  const before = new Map(rows.map(({ customerId, written }) => [customerId, written]));
  const counts = { written: 0, refused: 0 };
  const count = (refused: string | null, by: 1 | -1) => {
    counts[refused === null ? 'written' : 'refused'] += by;
  };
  for (const customerId of [...outcomes.map((each) => each.customerId), ...removed]) {
    const had = before.get(customerId);
    if (had) count(had.refused, -1);
  }
  for (const { refused } of outcomes) count(refused, 1);
  return counts;
}

const inGroups = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));
