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
import { isUnderWay } from './under-way.ts';

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
         where ${isUnderWay()} and not ${done} and (${leaseUntil} is null or ${leaseUntil} < now())
         order by ${updatedAt} limit ${p.most} for update of ${customerImportSlices} skip locked)
      update ${customerImportSlices}
         set ${assign(customerImportSlices, { fence: sql`${fence} + 1`, leaseUntil: leaseEnd() })}
        from ${free}
       where ${merchantId} = ${free.merchantId} and ${importId} = ${free.importId} and ${slice} = ${free.slice}
      returning ${row}`;
  },
});

/**
 * Hands out slices of running runs that are nobody's, or whose holder has let its lease run out: each with
 * a higher fence, so that the former holder writes nothing more. Those that waited longest come first.
 * One locking statement, its rows found once: in FROM, a plan may look for them anew for each slice, and hands out more
 * than `most`. Rejected: holding the row lock while the page is worked on (a transaction open
 * across an HTTP call, and a killed importer's lock lasts until its TCP connection is found dead);
 * trusting BullMQ's own lock and stalled check (it is lost with Redis).
 */
export const claimSlices = (tx: Tx, input: { most: number }): Promise<PageRef[]> => tx.run(CLAIM, input);
