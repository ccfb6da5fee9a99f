import { and, eq, isNotNull, or, sql } from 'drizzle-orm';
import { build, customerImportLogs, customerImportSlices, ONE, statement, type Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { Fenced, isNext, leaseEnd, PAGE, renewLease, SLICE_LEASE_MS, type PageRef } from './lease.ts';
import { isRun, RUN } from './of-run.ts';
import { isRunning } from './is-running.ts';

export interface Waiting {
  /** Shown to the merchant. */
  reason: string;
  waitMs: number;
  /** Whether the whole run stops until the unavailable service is back. */
  paused?: boolean;
}

const { status, waitingReason } = customerImportLogs;

const WAIT = statement({
  params: { ...RUN, reason: waitingReason, status },
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({ waitingReason: p.reason, status: p.status })
      .where(and(isRun(p), isRunning())),
});

/**
 * Stores, for the merchant, what the run waits for, and keeps the slice until `waitMs` plus one lease have
 * passed. A paused run is set to running again when a page is stored or a wait of another kind is set.
 * @throws Fenced
 */
export async function setWaiting(
  tx: Tx,
  { reason, waitMs, paused = false, ...page }: PageRef & Waiting,
): Promise<void> {
  await renewLease(tx, { ...page, ms: waitMs });
  await tx.run(WAIT, { ...page, reason, status: paused ? 'paused' : 'running' });
}

/**
 * A run none of whose leases was renewed for this long makes no progress: a process that works on a page
 * renews its lease more often.
 */
const STALLED_MS = 6_000;

const PAUSE_STALLED = statement({
  crosses: 'queues',
  params: { reason: waitingReason },
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({
        waitingReason: p.reason,
        status: sql`case ${status} when 'pending' then ${status} else 'paused' end`,
      })
      .where(
        and(
          or(isRunning(), eq(status, 'pending')),
          sql`(${waitingReason} is distinct from ${p.reason} or ${status} = 'running')`,
          sql`not exists (
            select from ${customerImportSlices}
             where ${customerImportSlices.merchantId} = ${customerImportLogs.merchantId}
               and ${customerImportSlices.importId} = ${customerImportLogs.id}
               and ${customerImportSlices.leaseUntil} > ${leaseEnd(SLICE_LEASE_MS - STALLED_MS)})`,
        ),
      ),
});

/**
 * Stores for the merchants what holds up their runs: on each run that makes no progress, until one of its
 * pages is stored. Runs that other importers process continue, because this importer may be the only one
 * that is held up.
 */
export async function pauseStalledRuns(tx: Tx, input: { reason: string }): Promise<void> {
  await tx.run(PAUSE_STALLED, input);
}

const CLEAR = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({ waitingReason: null, status: 'running' })
      .where(and(isRun(p), isRunning(), or(isNotNull(waitingReason), eq(status, 'paused')))),
});

/** Clears the waiting reason: a page has arrived. */
export async function clearWaiting(tx: Tx, ref: ImportRef): Promise<void> {
  await tx.run(CLEAR, ref);
}

const MOVE = statement({
  params: { ...PAGE, cursor: customerImportSlices.cursor },
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportSlices)
      .set({ cursor: p.cursor, leaseUntil: leaseEnd(), failingSince: null })
      .where(isNext(p))
      .returning(row),
});

/**
 * Stores the cursor with which to request a page that is not ready yet.
 * @throws Fenced
 */
export async function saveCursor(tx: Tx, input: PageRef & { cursor: string | null }): Promise<void> {
  const moved = await tx.run(MOVE, input);
  if (moved.length === 0)
    throw new Fenced('the page is already committed, its slice was claimed again, or its run has ended');
}
