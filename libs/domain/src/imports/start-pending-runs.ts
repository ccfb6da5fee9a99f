import { sql } from 'drizzle-orm';
import type { ImportId } from '@core/contracts';
import { assign, columns, customerImportLogs, limit, relation, statement, type Tx } from '@core/db';

const START_PENDING = statement({
  crosses: 'queues',
  params: { most: limit },
  row: { importId: customerImportLogs.id },
  text(p, row) {
    const { merchantId, id, status, startedAt } = customerImportLogs;
    const pendingRow = { merchantId, id };
    const pending = relation('pending', pendingRow);
    return sql`
      with ${pending} as materialized (
        select ${columns(pendingRow)} from ${customerImportLogs} where ${status} = 'pending'
         order by ${id} limit ${p.most} for update skip locked)
      update ${customerImportLogs} set ${assign(customerImportLogs, {
        status: sql`'running'`,
        waitingReason: sql`null`,
        startedAt: sql`coalesce(${startedAt}, now())`,
      })}
        from ${pending}
       where ${merchantId} = ${pending.merchantId} and ${id} = ${pending.id}
      returning ${row}`;
  },
});

/**
 * Starts pending runs, oldest first: at most `most`, and none that another importer is starting.
 *
 * One locking statement, whose rows are found once, as in claimSlices. Rejected: select, then update in a
 * second round trip (two importers wait for each other's rows); an advisory lock around the whole tick (one
 * stuck importer stops all); plain `for update` (importers queue up after the first).
 */
export const startPendingRuns = (tx: Tx, input: { most: number }): Promise<{ importId: ImportId }[]> =>
  tx.run(START_PENDING, input);
