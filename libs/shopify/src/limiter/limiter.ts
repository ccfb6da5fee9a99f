import type { QueryCost } from '../answers/errors.ts';
import { INITIAL_BUCKETS, type Api } from './limiter-figures.ts';
import { ADMIT, SETTLE } from './limiter-scripts.ts';

// Leaky bucket, permit and plan tier: docs/glossary.md#imports.
/**
 * The shop's bucket that a request uses, and the request's estimated cost until a reply reports the actual
 * one.
 */
export interface Limit {
  readonly api: Api;
  /** Requested points (GraphQL), or 1 (REST). */
  readonly cost: number;
}

/** A permit for one request, or when to retry and the reason, worded for the merchant. */
export type Admission =
  { granted: true; permit: string } | { granted: false; waitMs: number; reason: string };

/** The known facts of a finished request. */
export interface Outcome {
  /** The state of the bucket in the reply. Without it, the points stay spent. */
  cost?: QueryCost | null;
  /** No request goes to this shop before this delay has passed. */
  retryAfterMs?: number | null;
}

/**
 * Each shop's limits, shared by all importers: the bucket of each API, and a ceiling that caps both together
 * in every sliding second. Each request needs one permit, and every permit is settled, whether the request
 * succeeds or fails. The permit of a killed importer expires.
 * @throws from both methods the errors of the scripts: no request is sent uncounted
 */
export interface Limiter {
  /** @param limit if a reply reports another cost, that cost replaces the estimate for later requests */
  admit(shop: string, limit: Limit): Promise<Admission>;
  settle(shop: string, permit: string, outcome: Outcome): Promise<void>;
}

export interface LimiterOptions {
  /** Maximum requests in any second. */
  ceiling: number;
  /** Share of each bucket that is left to other clients of the shop, 0 to 1. */
  headroom: number;
  /** For tests: milliseconds that replace Redis's own clock. */
  now?: () => number;
}

/**
 * Maximum requests of one shop in flight: enough for 40 a second at 300 ms each. The maximum keeps a slow
 * shop from piling up requests. It also bounds how many requests a Redis that lost its memory has to assume.
 */
const MAX_IN_TRANSIT = 12;

/** The only feature of Redis that the limiter needs: a script that runs atomically. */
export interface Scripts {
  eval(script: string, keys: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}

/**
 * Creates a limiter. Needs a Redis that evicts nothing (as BullMQ does): the count of an evicted shop would
 * restart.
 */
export function createLimiter(redis: Scripts, { ceiling, headroom, now }: LimiterOptions): Limiter {
  // EVAL with the full text costs three kilobytes a request and needs no reload after a restart of Redis.
  const run = async (script: string, shop: string, args: (string | number)[]) => {
    const state = `shopify:${shop}`;
    const keys = ['shopify:limiter', state, `${state}:on-their-way`, `${state}:over`];
    return (await redis.eval(script, 4, ...keys, now?.() ?? '', ...args)) as string[] | null;
  };
  return {
    async admit(shop, { api, cost }) {
      const { maximum, restoreRate } = INITIAL_BUCKETS[api];
      const args = [api, cost, ceiling, headroom, MAX_IN_TRANSIT, maximum, restoreRate];
      const [permit, waitMs, reason = '', figure = ''] = (await run(ADMIT, shop, args)) ?? [];
      if (permit) return { granted: true, permit };
      return { granted: false, waitMs: Number(waitMs), reason: inWords(reason, figure) };
    },
    async settle(shop, permit, { cost, retryAfterMs }) {
      const figures = cost ? [cost.requested, cost.available, cost.maximum, cost.restoreRate] : [];
      await run(SETTLE, shop, [permit, retryAfterMs ?? 0, MAX_IN_TRANSIT, ...figures]);
    },
  };
}

/** Returns the shared wording for a wait that Shopify requested. */
export const retryAfterMessage = (ms: number) => `Shopify asks to wait ${(ms / 1000).toFixed(1)} s`;

function inWords(reason: string, figure: string): string {
  const words: Record<string, string> = {
    frozen: retryAfterMessage(Number(figure)),
    ceiling: `limit of ${figure} requests a second`,
    rest: `Shopify's limit of ${figure} requests a second`,
    graphql: `Shopify's limit of ${figure} points a second`,
    trial: 'Shopify asked to wait; one request is testing whether the wait is over',
    busy: 'waiting for replies from Shopify',
    restart: 'Rate limits are being restored after a restart. The import continues in a moment.',
  };
  return words[reason] ?? reason;
}
