import { sql } from 'drizzle-orm';
import { customers, many, relation, statement, type Reader, type StoredRfmScore } from '@core/db';
import type { CustomerKey } from '../core/index.ts';

/** A score; null while there is none; undefined: unknown, another merchant's, deleted or erased. */
export type FoundScore = StoredRfmScore | null | undefined;

const FOUND = { found: sql<boolean>`found`, score: sql<StoredRfmScore | null>`score` };

const READ = statement({
  // Prepared, because planning the statement costs PostgreSQL more than reading a few rows.
  name: 'read_scores',
  crosses: 'batches',
  // Pairs are sent as two arrays: a joined string could confuse one merchant's key with another's.
  params: { merchantIds: many(customers.merchantId), ids: many(customers.id) },
  row: FOUND,
  text: (p, row) =>
    sql`select ${row} from read_scores(${p.merchantIds}, ${p.ids}) as ${relation('scores', FOUND)} (found, score)`,
});

/**
 * Returns the scores of many customers, of any merchants, with one statement: one entry per key, in their
 * order. The function (libs/db/functions/read_scores.sql) may see every merchant's rows, and returns only
 * those of the pairs.
 */
export async function getCustomerRfm(reader: Reader, keys: readonly CustomerKey[]): Promise<FoundScore[]> {
  const rows = await reader.run(READ, {
    merchantIds: keys.map(({ merchantId }) => merchantId),
    ids: keys.map(({ customerId }) => customerId),
  });
  return rows.map(({ found, score }) => (found ? score : undefined));
}
