import type { App } from './app.ts';
import type { Approval } from './approval.ts';
import type { BulkOperations } from './bulk/operations.ts';
import type { Changes, RequestedWebhook } from './changes.ts';
import type { CursorSecrets } from './cursor.ts';
import type { ChangeCounts, ChurnOptions } from './faults/churn.ts';
import type { Fault, Faults } from './faults/faults.ts';
import type { RetryAfterTracker } from './faults/retry-after-tracker.ts';
import type { Installation } from './installation.ts';
import type { Life, ServedLife } from './life.ts';
import type { Consent } from './oauth/authorize.ts';
import type { Metafields, ServedMetafields } from './metafields/store.ts';
import type { Codes } from './oauth/codes.ts';
import type { Tokens } from './oauth/tokens.ts';
import type { Population } from './population.ts';
import type { RestBucket, RestLimits } from './rest/bucket.ts';
import type { Rules, RuleName } from './rules.ts';
import type { Bucket, Plan, PlanLimits } from './throttle.ts';
import type { Violation } from './violations.ts';
import type { Sender } from './webhooks/sender.ts';
import type { Subscriptions } from './webhooks/subscriptions.ts';

export const COUNTS = {
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
  /** Access tokens issued for a code, a session token or a token to migrate. */
  granted: 0,
  /** HTTP requests to the Admin API of a shop that has uninstalled the app. */
  uninstalled: 0,
  /** Calls of mutations about metafields that the scope allowed. */
  metafieldMutations: 0,
  /** Metafields that were set. */
  metafieldsSet: 0,
  /** Metafields that metafieldsDelete has deleted. */
  metafieldsDeleted: 0,
};
export type Counts = typeof COUNTS;

export interface ShopStats extends Counts {
  /** Maximum number of requests to the Admin API within any second. */
  worstSecond: number;
  /** The changes made by the churn schedule. */
  churned: ChangeCounts;
  /** How long after the last uninstall the first and the last request to the Admin API arrived. */
  afterUninstallMs: { first: number; last: number } | null;
  violations: Violation[];
}

export interface ShopOptions {
  domain: string;
  seed: string;
  customers: number;
  plan: Plan;
  latencyMs: [min: number, max: number];
  now: () => number;
  app: App;
  codes: Codes;
  /** Whether the shop has the app from the start. */
  installed: boolean;
  redactAfterMs: number;
  lenient: ReadonlySet<RuleName>;
}

/** New limits, applied at run time. */
export interface Limits {
  graphql?: PlanLimits;
  rest?: RestLimits;
}

/** A test's interface to one shop and its customers. */
export interface Shop extends Pick<Population, 'get' | 'all' | 'find'>, Changes, Life {
  /** The current domain: see `rename` of the stand-in. */
  readonly domain: string;
  /** The shop's number, which a rename does not change. */
  readonly shopId: number;
  /** The number of existing customers. Setting it recreates the shop with that many customers. */
  customers: number;
  /**
   * The newest access token. Setting it revokes the others, and it never expires. It also installs the app,
   * without a webhook.
   */
  accessToken: string;
  /** Expiring tokens: issues a pair, expires the access tokens, revokes all tokens, or lists them. */
  readonly tokens: Pick<Tokens, 'issue' | 'expire' | 'revoke' | 'issued'>;
  /** Setting it creates new, full buckets. */
  plan: Plan;
  /** The approval of the app. */
  approval: Approval;
  /** The granted scopes, by handle. Setting them sends no webhook: see `updateScopes`. */
  scopes: string[];
  /** The merchant's answer to an authorization. */
  consent: Consent;
  /**
   * Setting false makes a shop that never had the app: without tokens, and without a webhook. Setting true
   * installs it.
   */
  installed: boolean;
  /** A development store of a partner. */
  development: boolean;
  /** The IANA name of the zone that is set in the shop. */
  timeZone: string;
  /**
   * Whether the Admin API refuses the access tokens from before the newest grant. 'refused', the default, is
   * the stricter of Shopify's two statements. With 'valid' an expiring token stays valid until it expires, as
   * the page of 2026 says; its refresh token ends in both cases.
   */
  retiredTokens: 'refused' | 'valid';
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
  /** The shop-specific subscriptions to webhooks. */
  readonly subscriptions: Pick<Subscriptions, 'list' | 'add' | 'remove'>;
  /** The metafields of customers, and their definitions. */
  readonly metafields: Metafields;
  /** Sends a webhook that no change caused. app/uninstalled also revokes the tokens. */
  sendWebhook(webhook: RequestedWebhook): void;
  /** Pre-renders the REST view, for a benchmark. Resolves when done. Valid until a customer changes. */
  render(fields?: string[]): Promise<void>;
  stats(): ShopStats;
}

/** The server's interface to a shop. */
export interface ServedShop extends Shop, Pick<ServedLife, 'approve'> {
  readonly secret: string;
  readonly now: () => number;
  readonly app: App;
  readonly rules: Rules;
  readonly installation: Readonly<Installation>;
  readonly codes: Codes;
  readonly subscriptions: Subscriptions;
  readonly metafields: ServedMetafields;
  readonly tokens: Tokens;
  readonly bulk: BulkOperations;
  readonly faults: Faults;
  readonly cursors: CursorSecrets;
  readonly patience: Record<'rest' | 'graphql', RetryAfterTracker>;
  population(): Population;
  bucket(): Bucket;
  restBucket(): RestBucket;
  /** Must be called after a request for customers was answered. */
  turned(): void;
  arrived(atMs: number): void;
  /** Returns the rows as a body if they were pre-rendered. */
  rendered(indexes: readonly number[], fields: string[] | undefined): Promise<Buffer | undefined>;
  count(what: keyof Counts, by?: number): void;
  /** @param toldMs when the client was told what it has ignored, in ms of Shopify's clock */
  violated(rule: string, detail: string, toldMs?: number): void;
  rename(to: string): void;
  close(): Promise<void>;
}
