import type { Approval } from './approval.ts';
import { createBulkOperations } from './bulk/operations.ts';
import type { BulkOperations } from './bulk/operations.ts';
import { bulkFinished, createChanges, payloadFor } from './changes.ts';
import type { RequestedWebhook, Changes } from './changes.ts';
import { createCursorSecrets } from './cursor.ts';
import type { CursorSecrets } from './cursor.ts';
import { createChurn } from './faults/churn.ts';
import type { ChangeCounts, Churn, ChurnOptions } from './faults/churn.ts';
import { createFaults } from './faults/faults.ts';
import type { Fault, Faults } from './faults/faults.ts';
import { createRetryAfterTracker } from './faults/retry-after-tracker.ts';
import type { RetryAfterTracker } from './faults/retry-after-tracker.ts';
import { createMeter } from './meter.ts';
import { DEV_CLIENT_SECRET } from './oauth/credentials.ts';
import { createTokens } from './oauth/tokens.ts';
import type { Tokens } from './oauth/tokens.ts';
import { createPopulation } from './population.ts';
import type { Population } from './population.ts';
import { createRestBucket, REST_PLANS } from './rest/bucket.ts';
import type { RestBucket, RestLimits } from './rest/bucket.ts';
import { renderCustomers } from './rest/rendered.ts';
import type { Rendered } from './rest/rendered.ts';
import { createBucket, PLANS } from './throttle.ts';
import type { Bucket, Plan, PlanLimits } from './throttle.ts';
import { createViolations } from './violations.ts';
import type { Violation } from './violations.ts';
import { shopIdOf } from './webhooks/payloads.ts';
import { createSender } from './webhooks/sender.ts';
import type { Sender } from './webhooks/sender.ts';

const COUNTS = {
  /** HTTP requests to the Admin API, regardless of the reply. */
  requests: 0,
  /** THROTTLED replies. */
  throttled: 0,
  /** 429 replies of the REST bucket, without those of faults. */
  limited: 0,
  /** 401 replies. */
  unauthorized: 0,
  /** Customers returned. Pages that are read twice count twice. */
  served: 0,
  /** Access tokens issued for a refresh token. */
  refreshed: 0,
};
type Counts = typeof COUNTS;

export interface ShopStats extends Counts {
  /** Maximum number of requests to the Admin API within any second. */
  worstSecond: number;
  /** The changes made by the churn schedule. */
  churned: ChangeCounts;
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

/** New limits, applied at run time. */
export interface Limits {
  graphql?: PlanLimits;
  rest?: RestLimits;
}

/** A test's interface to one shop and its customers. */
export interface Shop extends Pick<Population, 'get' | 'all' | 'find'>, Changes {
  /** The current domain: see `rename` of the stand-in. */
  readonly domain: string;
  /** The shop's number, which a rename does not change. */
  readonly shopId: number;
  /** The number of existing customers. Setting it recreates the shop with that many customers. */
  customers: number;
  /** The newest access token. Setting it revokes the others, and it never expires. */
  accessToken: string;
  /** Expiring tokens: issues a pair, expires the access tokens, or revokes all tokens. */
  readonly tokens: Pick<Tokens, 'issue' | 'expire' | 'revoke'>;
  /** Setting it creates new, full buckets. */
  plan: Plan;
  /** The approval of the app. */
  approval: Approval;
  /** The access scopes granted at the installation, by handle. */
  scopes: string[];
  /** Each reply is delayed by a random time between the two. */
  latencyMs: [min: number, max: number];
  /** Changes the body of each 200 of the Admin API, to produce replies that the schema does not allow. */
  bend: ((body: unknown) => unknown) | undefined;
  /** Sets new limits. The contents of the buckets stay. */
  limit(limits: Limits): void;
  /** The next `times` requests fail this way, before any other check. Faults queue up. */
  fault(fault: Fault): void;
  /** Expires all cursors and page_info issued so far. */
  expireCursors(): void;
  /** Changes customers while a client reads. */
  churn(options: ChurnOptions): void;
  /** The pace of bulk queries, and the expiry of their files. */
  readonly bulk: Pick<BulkOperations, 'pace' | 'expire' | 'list'>;
  /** The target of webhooks and how they are sent. */
  readonly webhooks: Omit<Sender, 'send' | 'close'>;
  /** Sends a webhook that no change caused. app/uninstalled also revokes the tokens. */
  sendWebhook(webhook: RequestedWebhook): void;
  /** Pre-renders the REST view, for a benchmark. Resolves when done. Valid until a customer changes. */
  render(fields?: string[]): Promise<void>;
  stats(): ShopStats;
}

/** The server's interface to a shop. */
export interface ServedShop extends Shop {
  readonly secret: string;
  readonly now: () => number;
  readonly tokens: Tokens;
  readonly bulk: BulkOperations;
  readonly faults: Faults;
  readonly cursors: CursorSecrets;
  readonly retryAfter: Record<'rest' | 'graphql', RetryAfterTracker>;
  population(): Population;
  bucket(): Bucket;
  restBucket(): RestBucket;
  /** Must be called after a request for customers was answered. */
  turned(): void;
  arrived(atMs: number): void;
  /** Returns the rows as a body if they were pre-rendered. */
  rendered(indexes: readonly number[], fields: string[] | undefined): Promise<Buffer | undefined>;
  count(what: keyof Counts, by?: number): void;
  violated(rule: string, detail: string): void;
  rename(to: string): void;
  close(): Promise<void>;
}

/** Accepted until a test sets another one. */
export const DEV_ACCESS_TOKEN = 'shpat_dev';

export function createShop({ domain, seed, customers, plan, latencyMs, now }: ShopOptions): ServedShop {
  let name = domain;
  let population = createPopulation(seed, domain, customers, now);
  let currentPlan = plan;
  let bucket = createBucket(PLANS[plan], now);
  let restBucket = createRestBucket(REST_PLANS[plan], now);
  let churn: Churn | undefined;
  let rendered: Rendered | undefined;
  const counts = { ...COUNTS };
  const violations = createViolations();
  const violated = violations.add;
  const meter = createMeter();
  const faults = createFaults();
  const cursors = createCursorSecrets(seed);
  const tokens = createTokens(DEV_ACCESS_TOKEN, now);
  const webhooks = createSender({ shop: domain, secret: DEV_CLIENT_SECRET, now, violated });
  const changes = createChanges(() => population, webhooks);
  // Operation ids rise with the clock, so a restarted stand-in issues no id twice.
  const bulk = createBulkOperations(Math.floor(now() / 1000), now, (operation) =>
    bulkFinished(webhooks, operation),
  );
  const forget = async () => {
    const old = rendered;
    rendered = undefined;
    await old?.close();
  };

  return {
    get domain() {
      return name;
    },
    shopId: shopIdOf(domain),
    rename: (to) => void (name = to),
    secret: seed,
    now,
    latencyMs,
    bend: undefined,
    approval: 'full',
    scopes: ['read_customers'],
    tokens,
    bulk,
    faults,
    cursors,
    webhooks,
    retryAfter: { rest: createRetryAfterTracker(now), graphql: createRetryAfterTracker(now) },
    get accessToken() {
      return tokens.access();
    },
    set accessToken(token) {
      tokens.set(token);
    },
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
      restBucket = createRestBucket(REST_PLANS[next], now);
    },
    get: (index) => population.get(index),
    all: () => population.all(),
    find: (id) => population.find(id),
    ...changes,
    limit({ graphql, rest }) {
      if (graphql) bucket.resize(graphql);
      if (rest) restBucket.resize(rest);
    },
    fault: (fault) => faults.add(fault),
    expireCursors: () => cursors.expire(),
    churn(options) {
      churn = createChurn(options, {
        ...changes,
        total: () => population.total(),
        idAt: (index) => population.get(index)?.id,
      });
    },
    sendWebhook(webhook) {
      const forged = webhook.forged === true;
      webhooks.send(webhook.topic, payloadFor(domain, population, webhook), { forged });
      if (webhook.topic === 'app/uninstalled' && !forged) tokens.revoke();
    },
    async render(fields) {
      await forget();
      rendered = await renderCustomers(population, fields);
    },
    stats: () => ({
      ...counts,
      worstSecond: meter.worst(),
      churned: churn?.counts() ?? { edited: 0, removed: 0, merged: 0, added: 0 },
      violations: violations.list(),
    }),
    population: () => population,
    bucket: () => bucket,
    restBucket: () => restBucket,
    turned: () => churn?.tick(),
    arrived: (atMs) => meter.add(atMs),
    rendered: async (indexes, fields) => rendered?.page(population, indexes, fields),
    count(what, by = 1) {
      counts[what] += by;
    },
    violated,
    async close() {
      await Promise.all([webhooks.close(), bulk.close(), forget()]);
    },
  };
}
