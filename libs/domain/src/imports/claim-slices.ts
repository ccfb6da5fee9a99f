import { sql } from 'drizzle-orm';
import {
  assign,
  columns,
  customerImportLogs,
  customerImportSlices,
  limit,
  relation,
  statement,
  type Tx,
} from '@core/db';
import { leaseEnd, type PageRef } from './lease.ts';
import { isRunning } from './is-running.ts';

const CLAIM = statement({
  crosses: 'queues',
  params: { most: limit },
  row: {
    merchantId: customerImportSlices.merchantId,
    importId: customerImportSlices.importId,
    slice: customerImportSlices.slice,
    fence: customerImportSlices.fence,
    page: customerImportSlices.page,
  },
  text(p, row) {
    const { importId, slice, merchantId, done, leaseUntil, updatedAt, fence } = customerImportSlices;
    const freeRow = { merchantId, importId, slice };
    const free = relation('free', freeRow);
    return sql`
      with ${free} as materialized (
        select ${columns(freeRow)}
          from ${customerImportLogs}
          join ${customerImportSlices}
            on ${merchantId} = ${customerImportLogs.merchantId} and ${importId} = ${customerImportLogs.id}
         where ${isRunning()} and not ${done} and (${leaseUntil} is null or ${leaseUntil} < now())
         order by ${updatedAt} limit ${p.most} for update of ${customerImportSlices} skip locked)
      update ${customerImportSlices}
         set ${assign(customerImportSlices, { fence: sql`${fence} + 1`, leaseUntil: leaseEnd() })}
        from ${free}
       where ${merchantId} = ${free.merchantId} and ${importId} = ${free.importId} and ${slice} = ${free.slice}
      returning ${row}`;
  },
});

/**
 * Claims slices of running runs that have no holder or whose holder's lease has expired. Each gets a higher
 * fence, so that the former holder cannot write any more. The slices that waited longest come first.
 *
 * One locking statement, whose rows are found once: a subquery in FROM may run again for each slice and claim
 * more than `most`. Rejected: holding the row lock while the page is processed (a transaction stays open
 * across an HTTP call, and a killed importer's lock lasts until its TCP connection is found dead); relying on
 * BullMQ's own lock and stalled check (they are lost with Redis).
 */
export const claimSlices = (tx: Tx, input: { most: number }): Promise<PageRef[]> => tx.run(CLAIM, input);
