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
 * Records that the next page of the slice failed. The time of the first failure is stored in the row, not in
 * a process. The page changes hands, and two attempts may be further apart than a process can remember. The
 * page's commit clears the time, as does any reply.
 * @returns milliseconds since the first failure
 * @throws Fenced
 */
export async function noteFailure(tx: Tx, page: PageRef): Promise<number> {
  const [noted] = await tx.run(NOTE, page);
  if (!noted)
    throw new Fenced('the page is already committed, its slice was claimed again, or its run has ended');
  return noted.age;
}
