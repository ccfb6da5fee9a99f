import { and, sql } from 'drizzle-orm';
import {
  build,
  customerImportLogs,
  customerImportSlices,
  statement,
  type SliceKind,
  type Tx,
} from '@core/db';
import { isNext, leaseEnd, PAGE, type PageRef } from './lease.ts';
import { isRun } from './of-run.ts';
import { readRange, type SliceRange } from './slice-range.ts';
import { isRunning } from './is-running.ts';

export interface ClaimedPage {
  shop: string;
  kind: SliceKind;
  /** `auto` until the plan has chosen a source. */
  source: 'auto' | 'bulk' | 'graphql' | 'rest';
  startedAt: Date;
  /** Set in delta runs. */
  since: Date | null;
  /** Whether to read customers without their emails; null until the plan has asked the shop. */
  emailsWithheld: boolean | null;
  /** Where the page starts; null for the first page. */
  cursor: string | null;
  range: SliceRange;
}

const CLAIM = statement({
  params: PAGE,
  row: {
    shop: customerImportLogs.shop,
    kind: customerImportSlices.kind,
    source: customerImportLogs.source,
    startedAt: sql<Date>`${customerImportLogs.startedAt}`,
    since: customerImportLogs.since,
    emailsWithheld: customerImportLogs.emailsWithheld,
    cursor: customerImportSlices.cursor,
    range: customerImportSlices.range,
  },
  text: (p, row) =>
    build
      .update(customerImportSlices)
      .set({ leaseUntil: leaseEnd() })
      .from(customerImportLogs)
      .where(and(isNext(p), isRun(p), isRunning()))
      .returning(row),
});

/**
 * Renews the lease and returns what to read. Returns null when nothing is left to do: the slice was claimed
 * again, the page is committed, or the run is not running (a cancelled run stops here).
 */
export async function claimPage(tx: Tx, page: PageRef): Promise<ClaimedPage | null> {
  const [claimed] = await tx.run(CLAIM, page);
  return claimed ? { ...claimed, range: readRange(claimed.range) } : null;
}
