import type { Approval } from './approval.ts';
import { createBulkOperations } from './bulk/operations.ts';
import type { BulkOperations } from './bulk/operations.ts';
import { bulkFinished, createChanges, payloadFor } from './changes.ts';
import type { AskedWebhook, Changes } from './changes.ts';
import { createCursorSecrets } from './cursor.ts';
import type { CursorSecrets } from './cursor.ts';
import { createChurn } from './faults/churn.ts';
import type { ChangeCounts, Churn, ChurnOptions } from './faults/churn.ts';
import { createFaults } from './faults/faults.ts';
import type { Fault, Faults } from './faults/faults.ts';
import { createPatience } from './faults/patience.ts';
import type { Patience } from './faults/patience.ts';
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
  /** HTTP requests to the Admin API, whatever their answer. */
  requests: 0,
  /** THROTTLED replies. */
  throttled: 0,
  /** 429 replies of the REST bucket, those of faults aside. */
  limited: 0,
  /** 401 replies. */
  unauthorized: 0,
  /** Customers handed out, pages read twice counting twice. */
  served: 0,
  /** Access tokens given for a refresh token. */
  refreshed: 0,
};
type Counts = typeof COUNTS;

export interface ShopStats extends Counts {
  /** The most requests to the Admin API within any second. */
  worstSecond: number;
  /** The changes that the schedule made. */
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

/** New limits mid-run. */
export interface Limits {
  graphql?: PlanLimits;
  rest?: RestLimits;
}

/** A test's handle on one shop, beside its population. */
export interface Shop extends Pick<Population, 'get' | 'all' | 'find'>, Changes {
  /** Its domain now: see `rename` of the stand-in. */
  readonly domain: string;
  /** Its number, which a new name does not change. */
  readonly shopId: number;
  /** How many customers live; setting it starts the shop over with that many. */
  customers: number;
  /** The newest one; setting it revokes the others, and it never expires. */
  accessToken: string;
  /** Expiring tokens: issue a pair, expire the access tokens, revoke everything. */
  readonly tokens: Pick<Tokens, 'issue' | 'expire' | 'revoke'>;
  /** Setting it fills new buckets. */
  plan: Plan;
  /** The approval of the app. */
  approval: Approval;
  /** The access scopes granted at the installation, by handle. */
  scopes: string[];
  /** Each reply waits a time between the two. */
  latencyMs: [min: number, max: number];
  /** Changes the body of each 200 of the Admin API: the schema cannot give what Shopify does not promise. */
  bend: ((body: unknown) => unknown) | undefined;
  /** Sets new limits; the contents of the buckets stay. */
  limit(limits: Limits): void;
  /** The next `times` requests fail so, before anything else is looked at; faults queue up. */
  fault(fault: Fault): void;
  /** Cursors and page_info given so far end now. */
  expireCursors(): void;
  /** Changes while a client reads. */
  churn(options: ChurnOptions): void;
  /** How bulk queries run, and the end of their files. */
  readonly bulk: Pick<BulkOperations, 'pace' | 'expire' | 'list'>;
  /** Where webhooks go, and how. */
  readonly webhooks: Omit<Sender, 'send' | 'close'>;
  /** Sends one that does not come from a change; app/uninstalled also revokes the tokens. */
  sendWebhook(webhook: AskedWebhook): void;
  /** Renders the REST view ahead, for a benchmark; done when it resolves, good until a customer changes. */
  render(fields?: string[]): Promise<void>;
  stats(): ShopStats;
}

/** The server's side of a shop. */
export interface ServedShop extends Shop {
  readonly secret: string;
  readonly now: () => number;
  readonly tokens: Tokens;
  readonly bulk: BulkOperations;
  readonly faults: Faults;
  readonly cursors: CursorSecrets;
  readonly patience: Record<'rest' | 'graphql', Patience>;
  population(): Population;
  bucket(): Bucket;
  restBucket(): RestBucket;
  /** A request for customers was answered. */
  turned(): void;
  arrived(atMs: number): void;
  /** The rows as a body, where they were rendered ahead. */
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
  // Ids of operations rise with the clock: a restarted stand-in gives no id twice.
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
    patience: { rest: createPatience(now), graphql: createPatience(now) },
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
