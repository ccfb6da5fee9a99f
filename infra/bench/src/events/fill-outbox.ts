import { sql } from 'drizzle-orm';
import {
  appendEvents,
  build,
  columns,
  customers,
  limit,
  outboxEvents,
  relation,
  runOn,
  statement,
  type Pool,
} from '@core/db';

const CHANGE = {
  merchantId: customers.merchantId,
  customerId: customers.id,
  version: sql<number>`${customers.version} + 1`,
  changedFields: sql<string[]>`'{email,metadata}'::text[]`,
  origin: sql<string>`'api'`,
  traceparent: sql<null>`null`,
};
const change = relation('change', CHANGE);

const FILL = statement({
  params: { events: limit },
  text: (p) => sql`
    with ${change} as (select ${columns(CHANGE)} from ${customers} limit ${p.events}) ${appendEvents(change)}`,
});
const COUNT = statement({
  row: { n: sql<number>`count(*)::int` },
  text: (_, row) => build.select(row).from(outboxEvents),
});
const EMPTY = statement({ text: () => sql`truncate ${outboxEvents}` });

/** Appends one event for each of `events` customers, as an update of them would. */
export async function fillOutbox(owner: Pool, events: number): Promise<void> {
  await runOn(owner, FILL, { events });
}

export const countEvents = async (owner: Pool): Promise<number> => (await runOn(owner, COUNT))[0]?.n ?? 0;

export async function emptyOutbox(owner: Pool): Promise<void> {
  await runOn(owner, EMPTY);
}
