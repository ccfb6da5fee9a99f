import { and, eq, sql } from 'drizzle-orm';
import { assign, columns, customerImportSlices, relation, returning, statement, type Tx } from '@core/db';
import { Fenced, isNext, PAGE, type PageRef } from './lease.ts';
import { isOfRun } from './of-run.ts';

/** A cursor that is lost this often is lost for a reason in the shop. */
const MAX_RESTARTS = 5;

const RESTART = statement({
  params: PAGE,
  text(p) {
    const { slice, range } = customerImportSlices;
    const heldRow = { range: sql`coalesce(nullif(${range}, ''), '{}')::jsonb` };
    const held = relation('held', heldRow);
    const wasRow = {
      range: held.range,
      restarts: sql<number>`coalesce((${held.range} ->> 'restarts')::integer, 0)`,
    };
    const was = relation('was', wasRow);
    const restarts = sql`(${was.restarts} + 1) % ${MAX_RESTARTS + 1}`;
    return returning(
      { restarts: was.restarts },
      (row) => sql`
      update ${customerImportSlices} set ${assign(customerImportSlices, {
        cursor: sql`null`,
        failingSince: sql`null`,
        range: sql`(${was.range} || jsonb_build_object('restarts', ${restarts}))::text`,
      })}
        from (select ${columns(wasRow)}
                from (select ${columns(heldRow)} from ${customerImportSlices}
                       where ${and(isOfRun(customerImportSlices, p), eq(slice, p.slice))} for update) ${held}) ${was}
       where ${isNext(p)}
      returning ${row}`,
    );
  },
});

/**
 * Restarts a slice from its range, because its cursor is lost. Customers read so far stay; reading them again
 * writes nothing. Restarts are counted in the range column, the only column of a slice that nothing else
 * writes.
 * @returns false when it has restarted too often; a resume then counts from zero
 * @throws Fenced
 */
export async function restartSlice(tx: Tx, page: PageRef): Promise<boolean> {
  const [restarted] = await tx.run(RESTART, page);
  if (!restarted)
    throw new Fenced('the page is already committed, its slice was claimed again, or its run has ended');
  return restarted.restarts < MAX_RESTARTS;
}
