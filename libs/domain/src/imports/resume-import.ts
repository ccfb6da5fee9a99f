import { inArray, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  ACTIVE_STATUSES,
  appendAudit,
  assign,
  RESUMABLE_STATUSES,
  build,
  columns,
  customerImportLogs,
  customerImportSlices,
  ONE,
  relation,
  returning,
  statement,
  type Actor,
  type Tx,
} from '@core/db';
import { notConnected } from './access-token.ts';
import { getImport, type ImportRun } from './imports.ts';
import { addSlices } from './add-slices.ts';
import { isResumable } from './is-resumable.ts';
import { wrongStatus, statusOf, type ImportRef } from './cancel-import.ts';
import { isOfRun, isRun, RUN } from './of-run.ts';
import { isConnected } from './shops/is-connected.ts';
import { alreadyRunning } from './start-import.ts';

const LOCK = statement({
  params: RUN,
  row: ONE,
  text: (p, row) => build.select(row).from(customerImportLogs).where(isRun(p)).for('update'),
});

const RESUME = statement({
  params: RUN,
  text(p) {
    const { id, shop, status, expected, emailsWithheld, startedAt } = customerImportLogs;
    const wasRow = {
      id,
      status,
      restart: sql<boolean>`${status} = 'incomplete' or not exists (
        select from ${customerImportSlices}
         where ${isOfRun(customerImportSlices, p)} and not ${customerImportSlices.done})`,
    };
    const was = relation('was', wasRow);
    const other = alias(customerImportLogs, 'other');
    const unlessRestart = (value: typeof expected | typeof emailsWithheld | typeof startedAt) =>
      sql`case when ${was.restart} then null else ${value} end`;
    return returning(
      { was: was.status, restart: was.restart },
      (row) => sql`
      update ${customerImportLogs} set ${assign(customerImportLogs, {
        status: sql`'pending'`,
        finishedAt: sql`null`,
        error: sql`null`,
        waitingReason: sql`null`,
        rowErrors: sql`null`,
        expected: unlessRestart(expected),
        emailsWithheld: unlessRestart(emailsWithheld),
        startedAt: unlessRestart(startedAt),
      })}
        from (select ${columns(wasRow)} from ${customerImportLogs} where ${isRun(p)}) ${was}
       where ${customerImportLogs.merchantId} = ${p.merchantId} and ${id} = ${was.id}
         and ${inArray(was.status, RESUMABLE_STATUSES)}
         and not exists (
           select from ${customerImportLogs} as ${other}
            where ${other.merchantId} = ${p.merchantId} and ${other.shop} = ${shop}
              and ${inArray(other.status, ACTIVE_STATUSES)})
      returning ${row}`,
    );
  },
});

/**
 * Sets an ended import back to pending, to continue where it stopped.
 *
 * An import with no open slice reads the whole shop again, and its counters start at zero (the audit row
 * keeps them). Three kinds have none: an incomplete import, which has read every page; an old one, whose
 * slices are closed (see pruneImports); and some that earlier builds cancelled with nothing left to read.
 * @throws CoreError not_found; failed_precondition when it runs or is complete, or when the shop is not
 *   connected; AlreadyRunning when another import holds the shop
 */
export async function resumeImport(tx: Tx, ctx: Actor, input: ImportRef): Promise<ImportRun> {
  const { merchantId, importId } = input;
  const before = await getImport(tx, input);
  const { shop } = before;
  if (isResumable(before) && !(await isConnected(tx, { merchantId, shop }))) throw notConnected(shop);
  // A separate statement: the next one then sees the slices as pruning, which holds this lock, left them.
  await tx.run(LOCK, input);
  // A race with a start violates the unique index. The transaction then runs again and finds the winner.
  const [resumed] = await tx.run(RESUME, input);
  if (!resumed) {
    const status = await statusOf(tx, input);
    if (!isResumable({ status })) throw wrongStatus('resumed', status);
    throw await alreadyRunning(tx, merchantId, shop);
  }
  if (resumed.restart) await restartRun(tx, input);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.resume',
    detail: { import_id: importId, was: resumed.was, read: before.read, created: before.created },
  });
  return getImport(tx, input);
}

const COUNT_NOTHING = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportSlices)
      .set({
        done: true,
        read: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        skipped: 0,
        failed: 0,
        deleted: 0,
      })
      .where(isOfRun(customerImportSlices, p)),
});

/**
 * Closes the former slices and sets their counters to zero. The run is planned as if it had just been
 * started.
 */
async function restartRun(tx: Tx, ref: ImportRef): Promise<void> {
  await tx.run(COUNT_NOTHING, ref);
  await addSlices(tx, ref, [{ kind: 'plan' }]);
}
