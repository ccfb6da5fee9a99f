import { mix } from '../hash.ts';
import type { CustomerPatch } from '../population.ts';

export interface ChurnOptions {
  /** The same seed makes the same changes at the same requests. */
  seed: number;
  /** One change after every n-th request for customers. */
  everyRequests: number;
  /** Total number of changes. */
  times: number;
}

/** The operations of a shop that the schedule uses. */
export interface ChurnTarget {
  total(): number;
  /** Returns undefined for a deleted customer. */
  idAt(index: number): string | undefined;
  edit(id: string, patch: CustomerPatch): boolean;
  remove(id: string): boolean;
  merge(one: string, two: string): string | undefined;
  add(n: number): unknown;
}

export type ChangeCounts = Record<'edited' | 'removed' | 'merged' | 'added', number>;

/**
 * Edits, deletes, merges and creates customers while a client reads them; the seed determines the changes.
 */
export function createChurn({ seed, everyRequests, times }: ChurnOptions, shop: ChurnTarget) {
  let draws = 0;
  const below = (n: number): number => mix(seed, draws++, 0) % n;
  const counts: ChangeCounts = { edited: 0, removed: 0, merged: 0, added: 0 };
  let requests = 0;
  let left = times;

  const change = () => {
    const anyone = () => shop.idAt(below(shop.total()));
    const [one, two] = [anyone(), anyone()];
    const kind = below(4);
    if (kind === 0 || !one || !two) {
      shop.add(1);
      counts.added += 1;
    } else if (kind === 1 && shop.remove(one)) counts.removed += 1;
    else if (kind === 2 && shop.merge(one, two)) counts.merged += 1;
    else if (shop.edit(one, { tags: [`edit-${times - left}`], numberOfOrders: String(times - left) })) {
      counts.edited += 1;
    }
  };
  return {
    /** Must be called after each request for customers. */
    tick() {
      requests += 1;
      if (left <= 0 || requests % everyRequests !== 0) return;
      left -= 1;
      change();
    },
    counts: () => ({ ...counts }),
  };
}
export type Churn = ReturnType<typeof createChurn>;
