import type { QueryCost } from '../answers/errors.ts';
import { FIRST_GUESS, type Api } from './limiter-figures.ts';
import { ADMIT, SETTLE } from './limiter-scripts.ts';

/** Which of the shop's buckets a request draws on, and what it costs until a reply says better. */
export interface Limit {
  readonly api: Api;
  /** Points (GraphQL, requested), or 1. */
  readonly cost: number;
}

/** A ticket for one request, or when to ask again and why, in a merchant's words. */
export type Admission =
  { granted: true; ticket: string } | { granted: false; waitMs: number; reason: string };

/** The known facts of a request that is over. */
export interface Outcome {
  /** The bucket as the reply tells it; without, the points stay spent. */
  cost?: QueryCost | null;
  /** Nothing for this shop until then. */
  retryAfterMs?: number | null;
}

/**
 * Each shop's limits, shared by all importers: the bucket of either API, and a ceiling that caps every sliding
 * second over both. One request a ticket, and every ticket is settled, however the request went; the ticket of a
 * killed importer runs out.
 * @throws from both what the scripts throw: no request goes out uncounted
 */
export interface Limiter {
  /** @param limit its cost: a reply that says otherwise is remembered for it */
  admit(shop: string, limit: Limit): Promise<Admission>;
  settle(shop: string, ticket: string, outcome: Outcome): Promise<void>;
}

export interface LimiterOptions {
  /** Requests in any second. */
  ceiling: number;
  /** Share of each bucket that is left to others who use it, 0 to 1. */
  headroom: number;
  /** For tests: milliseconds in place of Redis's own clock. */
  now?: () => number;
}

/**
 * Requests of one shop on their way at once: 40 a second at 300 ms. A slow shop cannot pile them up, and it bounds
 * what a Redis that lost its memory has to reckon with.
 */
const MOST_ON_THEIR_WAY = 12;

/** All that the limiter needs of Redis: a script that runs whole. */
export interface Scripts {
  eval(script: string, keys: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}

/** Needs a Redis that evicts nothing (as BullMQ does): a shop evicted would be counted anew. */
export function createLimiter(redis: Scripts, { ceiling, headroom, now }: LimiterOptions): Limiter {
  // EVAL by its text costs three kilobytes a request and survives a restart of Redis without a reload.
  const run = async (script: string, shop: string, args: (string | number)[]) => {
    const state = `shopify:${shop}`;
    const keys = ['shopify:limiter', state, `${state}:on-their-way`, `${state}:over`];
    return (await redis.eval(script, 4, ...keys, now?.() ?? '', ...args)) as string[] | null;
  };
  return {
    async admit(shop, { api, cost }) {
      const { maximum, restoreRate } = FIRST_GUESS[api];
      const args = [api, cost, ceiling, headroom, MOST_ON_THEIR_WAY, maximum, restoreRate];
      const [ticket, waitMs, reason = '', figure = ''] = (await run(ADMIT, shop, args)) ?? [];
      if (ticket) return { granted: true, ticket };
      return { granted: false, waitMs: Number(waitMs), reason: inWords(reason, figure) };
    },
    async settle(shop, ticket, { cost, retryAfterMs }) {
      const figures = cost ? [cost.requested, cost.available, cost.maximum, cost.restoreRate] : [];
      await run(SETTLE, shop, [ticket, retryAfterMs ?? 0, MOST_ON_THEIR_WAY, ...figures]);
    },
  };
}

/** The one wording of a wait that Shopify asked for. */
export const asksToWait = (ms: number) => `Shopify asks to wait ${(ms / 1000).toFixed(1)} s`;

function inWords(reason: string, figure: string): string {
  const words: Record<string, string> = {
    frozen: asksToWait(Number(figure)),
    ceiling: `limit of ${figure} requests a second`,
    rest: `Shopify's limit of ${figure} requests a second`,
    graphql: `Shopify's limit of ${figure} points a second`,
    trial: 'Shopify asked to wait; one request tries whether it is over',
    busy: 'waiting for answers of Shopify that are on their way',
    restart: 'requests are counted anew after a restart; a moment',
  };
  return words[reason] ?? reason;
}
