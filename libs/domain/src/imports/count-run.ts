import { gte, inArray, or, sql, type Column, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  assign,
  columns,
  customerImportIds,
  customerImportLogs,
  customerImportSlices,
  customers,
  relation,
  returning,
  statement,
  unnest,
  type Placeholders,
  type SliceKind,
  type Tx,
} from '@core/db';
import { customerNumber } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import type { RunCounts } from './decide-import-outcome.ts';
import { isOfRun, lastPlan, RUN } from './of-run.ts';
import { seen, withSeen } from './seen-ids.ts';

const r = alias(customerImportLogs, 'r');
const s = alias(customerImportSlices, 's');
const c = alias(customers, 'c');

const GONE = { id: customerNumber(c) };
const gone = relation('gone', GONE);

const COUNT_RUN = statement({
  params: RUN,
  text(p) {
    const ofLastSlice = (field: Column, kinds: SliceKind[]) => sql<string | null>`(
      select ${field} from ${customerImportSlices} as ${s}
       where ${isOfRun(s, p)} and ${inArray(s.kind, kinds)}
       order by ${s.slice} desc limit 1)`;
    return returning(
      {
        expected: r.expected,
        counted: ofLastSlice(s.cursor, ['verify']),
        seen: sql<number>`(select count(*) from ${seen})::float8`,
        gone: sql<number>`(select count(*) from
          (select ${gone.id} from ${gone} intersect all select ${seen.id} from ${seen}) met)::float8`,
        goneUnseen: sql<number>`(select count(*) from
          (select ${gone.id} from ${gone} except all select ${seen.id} from ${seen}) unmet)::float8`,
        scanned: sql<boolean>`coalesce(${ofLastSlice(s.kind, ['plan', 'ids'])} = 'ids', false)`,
      },
      (row) => sql`
      with ${withSeen(p)}, ${gone} as (
        select ${columns(GONE)}
          from ${customers} as ${c}
          join ${customerImportLogs} as ${r} on ${r.merchantId} = ${p.merchantId} and ${r.id} = ${p.importId}
         where ${c.merchantId} = ${p.merchantId}
           and ${or(gte(c.deletedAt, r.startedAt), gte(c.erasedAt, r.startedAt))})
      select ${row} from ${customerImportLogs} as ${r}
       where ${r.merchantId} = ${p.merchantId} and ${r.id} = ${p.importId}`,
    );
  },
});

/** Counts what decideImportOutcome needs. `counted` is the count that the last verify slice received. */
export async function countRun(tx: Tx, run: ImportRef): Promise<RunCounts> {
  const [row] = await tx.run(COUNT_RUN, run);
  if (!row) throw new Error('the import run no longer exists');
  return { ...row, expected: Number(row.expected), counted: Number(row.counted) };
}

const i = alias(customerImportIds, 'i');

const CURRENT = { slice: s.slice, kind: s.kind, read: s.read };
const current = relation('current', CURRENT);
const CORRECT_READ_COUNT = statement({
  params: RUN,
  text(p) {
    const twiceRow = { rows: sql<string>`(select sum(${current.read}) from ${current}) - (${countIds(p)})` };
    const twice = relation('twice', twiceRow);
    return sql`
    with ${current} as (
      select ${columns(CURRENT)} from ${customerImportSlices} as ${s}
       where ${isOfRun(s, p)} and ${inArray(s.kind, ['plan', 'read', 'verify'])} and ${s.slice} >= ${lastPlan(p)}),
    ${twice} as (select ${columns(twiceRow)})
    update ${customerImportSlices} as ${s}
       set ${assign(customerImportSlices, {
         read: sql`${s.read} - ${twice.rows}`,
         unchanged: sql`${s.unchanged} - ${twice.rows}`,
       })}
      from ${twice}, ${current}
     where ${isOfRun(s, p)} and ${s.slice} = ${current.slice} and ${current.kind} = 'plan'
       and ${twice.rows} > 0`;
  },
});

/** Counts the distinct customers that the current slices have read. */
function countIds(p: Placeholders<typeof RUN>): SQL {
  const each = unnest('each', { id: sql<number[]>`${i.ids}` });
  return sql`select count(distinct ${each.id})
    from ${customerImportIds} as ${i}
    join ${current} on ${current.slice} = ${i.slice}, ${each}
   where ${isOfRun(i, p)}`;
}

/**
 * Sets `read` to the number of distinct customers. A slice that restarted, or a bulk operation that was run
 * again, has read some customers twice and found them unchanged. The correction is applied to the counters of
 * the planning slice, because a run's counters are the sums over its slices. Until the end `read` may be too
 * large by this number.
 */
export async function correctReadCount(tx: Tx, run: ImportRef): Promise<void> {
  await tx.run(CORRECT_READ_COUNT, run);
}
