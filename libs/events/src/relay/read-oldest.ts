import { and, asc, eq, gte, lt } from 'drizzle-orm';
import type { CustomerId } from '@core/contracts';
import { build, elementAt, indexIn, limit, many, outboxEvents, runOn, statement, type Pool } from '@core/db';
import { inOrderOfVersions } from './in-order-of-versions.ts';
import { OUTBOX_ROW, type OutboxRow } from './outbox-rows.ts';

const { shard, id, customerId, version } = outboxEvents;

const READ = statement({
  name: 'read_outbox',
  crosses: 'relay',
  params: { shard, most: limit },
  row: OUTBOX_ROW,
  text: (p, row) =>
    build.select(row).from(outboxEvents).where(eq(shard, p.shard)).orderBy(asc(id)).limit(p.most),
});

/**
 * Returns the oldest rows of a shard, each after the lower versions of its customer that wait there, whatever
 * their ids are. An id indicates only roughly how old a row is. Nodes with separate sequences, a sequence
 * with a cache, or a restored one give a later version a lower id.
 *
 * It always reads from the start, never `id > last`. Ids are assigned at INSERT and become visible at COMMIT:
 * the row of a slow transaction appears behind a cursor that has passed it, and would be lost. A version is
 * appended after the previous one was committed, because the customer's row is locked. A read that sees a row
 * therefore sees all its lower versions that have not been published.
 */
export async function readOldest(pool: Pool, shard: number, most: number): Promise<readonly OutboxRow[]> {
  const oldest = await runOn(pool, READ, { shard, most });
  const lower = oldest.length < most ? [] : await readLower(pool, shard, oldest, most);
  if (lower.length === 0) return inOrderOfVersions(oldest);
  // The lower versions may be truncated: a row with a higher version than the last of them may lack one here.
  const end = lower.length < most ? Infinity : (lower.at(-1) as OutboxRow).version;
  const rows = new Map([...oldest, ...lower].map((row) => [row.eventId, row]));
  return inOrderOfVersions([...rows.values()].filter(({ version }) => version <= end));
}

const READ_LOWER = statement({
  name: 'read_outbox_lower',
  crosses: 'relay',
  params: { shard, from: id, customerIds: many(customerId), versions: many(version), most: limit },
  row: OUTBOX_ROW,
  text(p, row) {
    const index = indexIn(p.customerIds, customerId);
    return build
      .select(row)
      .from(outboxEvents)
      .where(
        and(
          eq(shard, p.shard),
          gte(id, p.from),
          eq(customerId, elementAt(p.customerIds, index)),
          lt(version, elementAt(p.versions, index)),
        ),
      )
      .orderBy(asc(version), asc(id))
      .limit(p.most);
  },
});

/**
 * Returns the rows after the oldest ones that have a lower version than one of these, the lowest first. It
 * examines all rows that wait in the shard: 1 us for each event at a backlog of 100,000, 3.6 us at a million.
 * It does nothing while a read gets all rows of its shard. Rejected:
 *
 * - an index by customer and version: each write would pay for it
 * - a join: planned while the outbox is empty, it took a hundred times as long with 400,000 rows
 * - reading all rows with `order by version`: a customer with many versions would wait while others are
 *   created
 */
async function readLower(
  pool: Pool,
  shard: number,
  oldest: readonly OutboxRow[],
  most: number,
): Promise<OutboxRow[]> {
  const highest = new Map<CustomerId, number>();
  for (const { customerId, version } of oldest) {
    if (version > Math.max(1, highest.get(customerId) ?? 0)) highest.set(customerId, version);
  }
  const last = oldest.at(-1);
  if (!last || highest.size === 0) return [];
  const customerIds = [...highest.keys()].sort();
  const versions = customerIds.map((each) => highest.get(each) as number);
  return runOn(pool, READ_LOWER, { shard, from: last.id, customerIds, versions, most });
}
