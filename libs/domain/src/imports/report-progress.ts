import { and, eq, isNotNull, or, sql } from 'drizzle-orm';
import { build, customerImportLogs, customerImportSlices, ONE, statement, type Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { Fenced, isNext, leaseEnd, PAGE, renewLease, SLICE_LEASE_MS, type PageRef } from './lease.ts';
import { isRun, RUN } from './of-run.ts';
import { isUnderWay } from './under-way.ts';

export interface Waiting {
  /** For the merchant. */
  reason: string;
  waitMs: number;
  /** Whether nothing goes on until what is away is back. */
  paused?: boolean;
}

const { status, waitingReason } = customerImportLogs;

const WAIT = statement({
  params: { ...RUN, reason: waitingReason, status },
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({ waitingReason: p.reason, status: p.status })
      .where(and(isRun(p), isUnderWay())),
});

/**
 * Tells the merchant what the run waits for, and keeps the slice until `waitMs` and a lease have passed. A paused run
 * runs again when a page is stored, or a wait is of another kind.
 * @throws Fenced
 */
export async function setWaiting(
  tx: Tx,
  { reason, waitMs, paused = false, ...page }: PageRef & Waiting,
): Promise<void> {
  await renewLease(tx, { ...page, ms: waitMs });
  await tx.run(WAIT, { ...page, reason, status: paused ? 'paused' : 'running' });
}

/** A run that nobody has touched for so long makes no progress: whoever works on a page renews its lease more often. */
const UNTOUCHED_MS = 6_000;

const HOLD_UP = statement({
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
          or(isUnderWay(), eq(status, 'pending')),
          sql`(${waitingReason} is distinct from ${p.reason} or ${status} = 'running')`,
          sql`not exists (
            select from ${customerImportSlices}
             where ${customerImportSlices.merchantId} = ${customerImportLogs.merchantId}
               and ${customerImportSlices.importId} = ${customerImportLogs.id}
               and ${customerImportSlices.leaseUntil} > ${leaseEnd(SLICE_LEASE_MS - UNTOUCHED_MS)})`,
        ),
      ),
});

/**
 * Tells the merchants of all runs that make no progress what holds them up, until a page of theirs is stored. The runs
 * of others go on, for this importer may be the only one that is held up.
 */
export async function tellHeldUp(tx: Tx, input: { reason: string }): Promise<void> {
  await tx.run(HOLD_UP, input);
}

const CLEAR = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({ waitingReason: null, status: 'running' })
      .where(and(isRun(p), isUnderWay(), or(isNotNull(waitingReason), eq(status, 'paused')))),
});

/** A page is there: the run waits for nothing. */
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
 * Notes where to ask again for a page that is not there yet.
 * @throws Fenced
 */
export async function moveCursor(tx: Tx, input: PageRef & { cursor: string | null }): Promise<void> {
  const moved = await tx.run(MOVE, input);
  if (moved.length === 0) throw new Fenced('the page is no longer ours');
}
