import { createPopulation } from './population.ts';
import type { Population } from './population.ts';
import { createBucket, PLANS } from './throttle.ts';
import type { Bucket, Plan } from './throttle.ts';

export type FaultKind = 'http429' | 'http500' | 'drop' | 'unauthorized';

/** A rule of the vendor that a client broke; the detail names fields and rules, never values or persons. */
export interface Violation {
  rule: string;
  detail: string;
  times: number;
}

export interface ShopStats {
  /** HTTP requests, whatever their answer. */
  requests: number;
  /** THROTTLED replies. */
  throttled: number;
  /** 401 replies. */
  unauthorized: number;
  /** Customers handed out, pages read twice counting twice. */
  served: number;
  violations: Violation[];
}

export interface ShopOptions {
  domain: string;
  seed: string;
  customers: number;
  plan: Plan;
  latencyMs: [min: number, max: number];
  now: () => number;
}

/** What a test holds of one shop, beside its population. */
export interface Shop extends Omit<Population, 'count' | 'walk'> {
  readonly domain: string;
  /** How many customers live; setting it starts the shop over with that many. */
  customers: number;
  /** The one token accepted now; a client that keeps an older one gets 401. */
  accessToken: string;
  /** Setting it fills a new bucket. */
  plan: Plan;
  /** Each reply waits a time between the two. */
  latencyMs: [min: number, max: number];
  /** The next `times` requests fail so, before anything else is looked at; faults queue up. */
  fault(fault: { kind: FaultKind; times?: number }): void;
  stats(): ShopStats;
}

/** The server's side of a shop. */
export interface ServedShop extends Shop {
  readonly secret: string;
  population(): Population;
  bucket(): Bucket;
  takeFault(): FaultKind | undefined;
  count(what: 'requests' | 'throttled' | 'unauthorized' | 'served', by?: number): void;
  violated(rule: string, detail: string): void;
}

/** Accepted until a test sets another one. */
export const DEV_ACCESS_TOKEN = 'shpat_dev';

export function createShop({ domain, seed, customers, plan, latencyMs, now }: ShopOptions): ServedShop {
  let population = createPopulation(seed, domain, customers, now);
  let currentPlan = plan;
  let bucket = createBucket(PLANS[plan], now);
  const faults: FaultKind[] = [];
  const counts = { requests: 0, throttled: 0, unauthorized: 0, served: 0 };
  const violations = createViolations();

  return {
    domain,
    secret: seed,
    accessToken: DEV_ACCESS_TOKEN,
    latencyMs,
    get customers() {
      return population.count();
    },
    set customers(size) {
      population = createPopulation(seed, domain, size, now);
    },
    get plan() {
      return currentPlan;
    },
    set plan(next) {
      currentPlan = next;
      bucket = createBucket(PLANS[next], now);
    },
    get: (index) => population.get(index),
    all: () => population.all(),
    edit: (id, patch) => population.edit(id, patch),
    remove: (id) => population.remove(id),
    add: (n) => population.add(n),
    fault({ kind, times = 1 }) {
      for (let i = 0; i < times; i++) faults.push(kind);
    },
    stats: () => ({ ...counts, violations: violations.list() }),
    population: () => population,
    bucket: () => bucket,
    takeFault: () => faults.shift(),
    count(what, by = 1) {
      counts[what] += by;
    },
    violated: violations.add,
  };
}

/** Equal violations are one entry with a count, so that a client in a loop cannot fill the memory. */
export function createViolations(): { add(rule: string, detail: string): void; list(): Violation[] } {
  const found = new Map<string, Violation>();
  return {
    add(rule, detail) {
      const key = `${rule}|${detail}`;
      const known = found.get(key);
      if (known) known.times += 1;
      else found.set(key, { rule, detail, times: 1 });
    },
    list: () => [...found.values()].map((violation) => ({ ...violation })),
  };
}
