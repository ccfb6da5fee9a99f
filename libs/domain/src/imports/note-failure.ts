import { sql } from 'drizzle-orm';
import { build, customerImportSlices, statement, type Tx } from '@core/db';
import { Fenced, isNext, PAGE, type PageRef } from './lease.ts';

const { failingSince } = customerImportSlices;

const NOTE = statement({
  params: PAGE,
  row: { age: sql<number>`(1000 * extract(epoch from statement_timestamp() - ${failingSince}))::float8` },
  text: (p, row) =>
    build
      .update(customerImportSlices)
      .set({ failingSince: sql`coalesce(${failingSince}, statement_timestamp())` })
      .where(isNext(p))
      .returning(row),
});

/**
 * Notes that the next page of the slice failed. Since when stands in the row and not in a process: the page changes
 * hands, and between two tries may lie more than a process remembers. Its commit forgets it, as does any answer.
 * @returns milliseconds since it failed first
 * @throws Fenced
 */
export async function noteFailure(tx: Tx, page: PageRef): Promise<number> {
  const [noted] = await tx.run(NOTE, page);
  if (!noted) throw new Fenced('the page is no longer ours');
  return noted.age;
}
