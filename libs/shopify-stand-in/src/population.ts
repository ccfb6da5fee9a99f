import { customerSource, isoSeconds } from './customers.ts';
import type { Facts, StandInCustomer } from './customers.ts';
import type { Position } from './cursor.ts';

export type SortKey = 'ID' | 'CREATED_AT' | 'UPDATED_AT';
export type CustomerPatch = Partial<Omit<StandInCustomer, 'id' | 'createdAt' | 'updatedAt'>>;

const SORT_FACT: Record<SortKey, keyof Facts> = {
  ID: 'id',
  CREATED_AT: 'createdMs',
  UPDATED_AT: 'updatedMs',
};

export interface Population {
  /** Returns the number of customers, without the deleted ones. */
  count(): number;
  /** Returns undefined for a deleted customer and for one that was never created. */
  get(index: number): StandInCustomer | undefined;
  all(): Generator<StandInCustomer>;
  /** Changes a customer and sets updatedAt to now. Returns false when there is no such customer. */
  edit(id: string, patch: CustomerPatch): boolean;
  /**
   * Changes only the RFM group, and not updatedAt: Shopify computes the group from all customers of the shop,
   * and documents no change of updatedAt for it. A client must not depend on one.
   */
  regroup(id: string, rfmGroup: StandInCustomer['rfmGroup']): boolean;
  remove(id: string): boolean;
  /** Merges two customers. Returns the id of the kept one, or undefined when either does not exist. */
  merge(one: string, two: string): string | undefined;
  /**
   * Appends n new customers, created now. Returns the total ever created: the new ones have the last indexes.
   */
  add(n: number): number;
  /** Returns how many customers were ever created. Existing ones have lower indexes. */
  total(): number;
  /** Returns undefined for an id without an existing customer. */
  find(id: string): StandInCustomer | undefined;
  /** Increases with every change. */
  revision(): number;
  /** Iterates lazily over the existing rows in sort order, after (with reverse: before) a position. */
  walk(sortKey: SortKey, reverse: boolean, from?: Position): Generator<{ index: number; facts: Facts }>;
}

/**
 * Creates the customers of a shop: computed by index, with an overlay of the tests' changes. Only the order
 * by update time needs an array (4 bytes per customer). It is built on first use and again after a change.
 */
export function createPopulation(seed: string, shop: string, size: number, now: () => number): Population {
  const source = customerSource(seed, shop);
  const changed = new Map<number, { patch: CustomerPatch; createdMs?: number; updatedMs: number }>();
  const removed = new Set<number>();
  let total = size;
  let byUpdate: Uint32Array | undefined;
  let revision = 0;

  const lives = (index: number) =>
    Number.isInteger(index) && index >= 0 && index < total && !removed.has(index);
  const facts = (index: number): Facts => {
    const base = source.factsAt(index);
    const overlay = changed.get(index);
    if (!overlay) return base;
    const { patch, createdMs = base.createdMs, updatedMs } = overlay;
    const emails = patch.email === undefined ? base.emails : patch.email === null ? 0 : 1;
    return { id: base.id, createdMs, updatedMs, emails };
  };
  const get = (index: number): StandInCustomer | undefined => {
    if (!lives(index)) return undefined;
    const { createdMs, updatedMs } = facts(index);
    return {
      ...source.customerAt(index),
      ...changed.get(index)?.patch,
      createdAt: isoSeconds(createdMs),
      updatedAt: isoSeconds(updatedMs),
    };
  };
  const find = (id: string): number | undefined => {
    const index = source.indexOf(id);
    return index !== undefined && lives(index) ? index : undefined;
  };
  const change = (id: string, patch: CustomerPatch, updatedAt: (facts: Facts) => number): boolean => {
    const index = find(id);
    if (index === undefined) return false;
    const before = changed.get(index);
    const updatedMs = updatedAt(facts(index));
    changed.set(index, { ...before, patch: { ...before?.patch, ...patch }, updatedMs });
    byUpdate = undefined;
    revision += 1;
    return true;
  };
  const edit: Population['edit'] = (id, patch) =>
    change(id, patch, ({ createdMs }) => Math.max(wholeSeconds(now()), createdMs));
  const remove = (id: string): boolean => {
    const index = find(id);
    if (index === undefined) return false;
    removed.add(index);
    revision += 1;
    return true;
  };
  const byId = (id: string): StandInCustomer | undefined => {
    const index = find(id);
    return index === undefined ? undefined : get(index);
  };
  // Ids and creation times rise with the index, so only UPDATED_AT needs sorting.
  const order = (sortKey: SortKey): ((rank: number) => number) => {
    if (sortKey !== 'UPDATED_AT') return (rank) => rank;
    byUpdate ??= sortedByUpdate(total, facts);
    const sorted = byUpdate;
    return (rank) => sorted[rank] ?? 0;
  };

  return {
    count: () => total - removed.size,
    total: () => total,
    get,
    *all() {
      for (let index = 0; index < total; index++) {
        const customer = get(index);
        if (customer) yield customer;
      }
    },
    edit,
    regroup: (id, rfmGroup) => change(id, { rfmGroup }, ({ updatedMs }) => updatedMs),
    remove,
    merge(one, two) {
      const [a, b] = [byId(one), byId(two)];
      if (!a || !b || one === two) return undefined;
      // "If exactly one customer has an email address, then that customer is kept", else customerTwoId is.
      const [kept, gone] = a.email !== null && b.email === null ? [a, b] : [b, a];
      const amount = (Number(kept.amountSpent.amount) + Number(gone.amountSpent.amount)).toFixed(2);
      edit(kept.id, {
        numberOfOrders: String(Number(kept.numberOfOrders) + Number(gone.numberOfOrders)),
        amountSpent: { ...kept.amountSpent, amount },
        tags: [...new Set([...kept.tags, ...gone.tags])],
      });
      remove(gone.id);
      return kept.id;
    },
    find: byId,
    revision: () => revision,
    add(n) {
      const last = total > 0 ? facts(total - 1).createdMs : 0;
      // Never earlier than the customer with the previous id.
      const createdMs = Math.max(wholeSeconds(now()), last);
      for (let i = 0; i < n; i++) changed.set(total + i, { patch: {}, createdMs, updatedMs: createdMs });
      total += n;
      byUpdate = undefined;
      revision += 1;
      return total;
    },
    *walk(sortKey, reverse, from) {
      const indexAt = order(sortKey);
      const fact = SORT_FACT[sortKey];
      const step = reverse ? -1 : 1;
      let rank = reverse ? total - 1 : 0;
      if (from) {
        const isBefore = (at: number) => {
          const row = facts(indexAt(at));
          if (row[fact] !== from.value) return row[fact] < from.value;
          return reverse ? row.id < from.id : row.id <= from.id;
        };
        const boundary = countWhile(total, isBefore);
        rank = reverse ? boundary - 1 : boundary;
      }
      for (; rank >= 0 && rank < total; rank += step) {
        const index = indexAt(rank);
        if (!removed.has(index)) yield { index, facts: facts(index) };
      }
    },
  };
}

/** Rounds down to seconds, the precision of times in replies: a filter by a time just read is then exact. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/**
 * Counts by binary search how many of 0..length-1 pass a test that holds up to some point and never after it.
 */
function countWhile(length: number, holds: (rank: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedByUpdate(total: number, facts: (index: number) => Facts): Uint32Array {
  const times = Float64Array.from({ length: total }, (_, index) => facts(index).updatedMs);
  const time = (index: number) => times[index] ?? 0;
  return Uint32Array.from({ length: total }, (_, index) => index).sort((a, b) => time(a) - time(b) || a - b);
}
