import { and, eq, not, sql, type SQL } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import { build, customerImportSlices, float8, ONE, statement, type Placeholders, type Tx } from '@core/db';
import { isOfRun, RUN } from './of-run.ts';

// Run, slice, page, lease and fencing token: docs/glossary.md#imports.
/** One page of one slice, held by the process that was given this fence. Contains ids and numbers only. */
export interface PageRef {
  merchantId: MerchantId;
  importId: ImportId;
  slice: number;
  fence: number;
  /** Number of pages committed before this one. */
  page: number;
}

/**
 * How long an unresponsive holder keeps a slice, which is the delay that a killed importer costs a run. Live
 * holders renew the lease several times within it, so it need not cover the slowest page.
 */
export const SLICE_LEASE_MS = 15_000;

/** The slice was claimed again, or its run has ended: nothing of this page may be written. */
export class Fenced extends Error {
  override name = 'Fenced';
}

/** SQL for the end of a lease that starts now. */
export const leaseEnd = (ms: SQL | number = SLICE_LEASE_MS): SQL =>
  sql`now() + ${ms} * interval '1 millisecond'`;

const SLICE = { ...RUN, slice: customerImportSlices.slice, fence: customerImportSlices.fence };

/** The parameters of statements about a page's slice: a PageRef. */
export const PAGE = { ...SLICE, page: customerImportSlices.page };

const isHeld = (p: Placeholders<typeof SLICE>): SQL | undefined =>
  and(
    isOfRun(customerImportSlices, p),
    eq(customerImportSlices.slice, p.slice),
    eq(customerImportSlices.fence, p.fence),
  );

/** The condition for a slice that is held under this fence and whose next page is this one. */
export const isNext = (p: Placeholders<typeof PAGE>): SQL | undefined =>
  and(isHeld(p), eq(customerImportSlices.page, p.page), not(customerImportSlices.done));

const RENEW = statement({
  params: { ...SLICE, ms: float8 },
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportSlices)
      .set({ leaseUntil: leaseEnd(p.ms) })
      .where(isHeld(p))
      .returning(row),
});

/**
 * Keeps the slice for `ms` plus one lease. Call it first in any transaction that writes for a page.
 * @throws Fenced
 */
export async function renewLease(tx: Tx, { ms = 0, ...page }: PageRef & { ms?: number }): Promise<void> {
  const renewed = await tx.run(RENEW, { ...page, ms: SLICE_LEASE_MS + ms });
  if (renewed.length === 0) throw new Fenced('the slice was claimed again or its run has ended');
}

const RELEASE = statement({
  params: PAGE,
  text: (p) =>
    build
      .update(customerImportSlices)
      .set({ leaseUntil: null })
      .where(and(isHeld(p), eq(customerImportSlices.page, p.page))),
});

/** Releases a slice so that it can be claimed immediately. Does nothing when its page has moved on. */
export async function releaseLease(tx: Tx, page: PageRef): Promise<void> {
  await tx.run(RELEASE, page);
}
