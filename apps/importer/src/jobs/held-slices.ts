import { inTransaction, type Pool } from '@core/db';
import { releaseLease, SLICE_LEASE_MS, type PageRef } from '@core/domain';

/** The slices that this process worked on last. It releases them when it stops. */
export interface HeldSlices {
  keep(page: PageRef): void;
  drop(page: PageRef): void;
  /**
   * Records a failure of the page. @returns how often the page has failed in this process, including this
   * time. The count determines the pause, but not when retries are given up
   */
  failed(page: PageRef): number;
  /** Returns the number of distinct runs among the slices. */
  runs(): number;
  /** Releases the leases, so that a restart continues immediately instead of after the lease has expired. */
  releaseAll(pool: Pool): Promise<void>;
}

interface Held {
  page: PageRef;
  at: number;
  failures: number;
}

/** Pages move between importers. A slice untouched for this long has ended or belongs to another importer. */
const FORGET_MS = 4 * SLICE_LEASE_MS;

export function createHeldSlices(now: () => number = Date.now): HeldSlices {
  const held = new Map<string, Held>();
  const key = (page: PageRef) => `${page.importId}_${page.slice}`;
  const forgetOld = () => {
    for (const [id, { at }] of held) if (now() - at > FORGET_MS) held.delete(id);
  };
  return {
    keep(page) {
      forgetOld();
      const known = held.get(key(page));
      const failures = known?.page.page === page.page ? known.failures : 0;
      held.set(key(page), { page, at: now(), failures });
    },
    drop: (page) => void held.delete(key(page)),
    failed(page) {
      const failures = (held.get(key(page))?.failures ?? 0) + 1;
      held.set(key(page), { page, at: now(), failures });
      return failures;
    },
    runs() {
      forgetOld();
      return new Set([...held.values()].map(({ page }) => page.importId)).size;
    },
    async releaseAll(pool) {
      const pages = [...held.values()].map(({ page }) => page);
      held.clear();
      await inTransaction(pool, async (tx) => {
        for (const page of pages) await releaseLease(tx, page);
      });
    },
  };
}
