import { sql } from 'drizzle-orm';
import { int, ONE, outboxEvents, statement, type Reader } from '@core/db';

const ONE_MORE = statement({
  crosses: 'statistics',
  params: { most: int },
  row: ONE,
  text: (p, row) => sql`select ${row} from ${outboxEvents} offset ${p.most} limit 1`,
});

/** Returns whether more than `most` events wait in the outbox. It reads at most one row more. */
export const isBacklogged = async (reader: Reader, most: number): Promise<boolean> =>
  (await reader.run(ONE_MORE, { most })).length > 0;
