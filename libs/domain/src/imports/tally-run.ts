import type { Tx } from '@core/db';
import { CUSTOMER_NUMBER } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import type { Tally } from './judge-run.ts';
import { SEEN } from './seen-ids.ts';

/** Counts what judgeRun wants to know; `counted` is what the last verify slice was told. */
export async function tallyRun(tx: Tx, { merchantId, importId }: ImportRef): Promise<Tally> {
  const [row] = await tx.query<Record<Exclude<keyof Tally, 'scanned'>, string> & { scanned: boolean }>(
    `with ${SEEN}, gone as (
       select ${CUSTOMER_NUMBER} as id
         from customers c join customer_import_logs r on r.id = $2
        where c.merchant_id = $1 and (c.deleted_at >= r.started_at or c.erased_at >= r.started_at))
     select r.expected,
            (select cursor from customer_import_slices
              where import_id = $2 and kind = 'verify' order by slice desc limit 1) as counted,
            (select count(*) from seen) as seen,
            (select count(*) from (select id from gone intersect all select id from seen) met) as gone,
            (select count(*) from (select id from gone except all select id from seen) unmet) as "goneUnseen",
            coalesce((select kind from customer_import_slices where import_id = $2 and kind in ('plan', 'ids')
                       order by slice desc limit 1) = 'ids', false) as scanned
       from customer_import_logs r where r.merchant_id = $1 and r.id = $2`,
    [merchantId, importId],
  );
  if (!row) throw new Error('the run is gone');
  const { scanned, ...counts } = row;
  return {
    expected: Number(counts.expected),
    counted: Number(counts.counted),
    seen: Number(counts.seen),
    gone: Number(counts.gone),
    goneUnseen: Number(counts.goneUnseen),
    scanned,
  };
}

/**
 * Makes `read` the number of distinct customers: a slice that began anew, or a bulk operation that was run anew, has
 * read some of them twice, and found them unchanged. The correction stands in the counters of the planning slice,
 * because a run's counters are the sums of its slices'. Until the end `read` may be too large by those.
 */
export async function correctRead(tx: Tx, { merchantId, importId }: ImportRef): Promise<void> {
  await tx.query(
    `with current as (
       select * from customer_import_slices
        where merchant_id = $1 and import_id = $2 and kind in ('plan', 'read', 'verify')
          and slice >= (select max(slice) from customer_import_slices where import_id = $2 and kind = 'plan')),
     twice as (
       select (select sum(read) from current)
              - (select count(distinct id) from customer_import_ids i join current c using (import_id, slice),
                        unnest(i.ids) id) as rows)
     update customer_import_slices s set read = s.read - twice.rows, unchanged = s.unchanged - twice.rows
       from twice, current c
      where s.import_id = c.import_id and s.slice = c.slice and c.kind = 'plan' and twice.rows > 0`,
    [merchantId, importId],
  );
}
