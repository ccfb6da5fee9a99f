import { createHash } from 'node:crypto';
import { isoSeconds } from '../customers.ts';
import type { StandInCustomer } from '../customers.ts';
import { numericId, restCustomer, shopTime } from '../rest/view.ts';

export type Topic =
  | 'customers/create'
  | 'customers/update'
  | 'customers/delete'
  | 'customers/merge'
  | 'bulk_operations/finish'
  | 'customers/data_request'
  | 'customers/redact'
  | 'shop/redact'
  | 'app/uninstalled'
  | 'app/scopes_update';

export type Payload = Record<string, unknown>;

/** Missing from the payloads of customers/create and customers/update, although REST has them. */
const NOT_IN_WEBHOOKS = ['orders_count', 'total_spent', 'last_order_id', 'last_order_name', 'tags'];

/**
 * Builds the bodies by topic, with exactly the fields of Shopify's samples. A field absent there is absent
 * here, which detects clients that treat absence as an empty value.
 * Source: shopify.dev/docs/api/webhooks (topics and sample payloads, 2026), and for the three privacy topics
 * shopify.dev/docs/apps/build/compliance/privacy-law-compliance. Fields that the app may not read are null:
 * they are "redacted" (shopify.dev/docs/apps/launch/protected-customer-data), without an error that says so.
 */
export function customerPayload(customer: StandInCustomer, isApproved: boolean): Payload {
  const view = restCustomer(customer, isApproved);
  // The note makes the body's bytes differ when a client parses and serializes it: see `rawBody`.
  const entries = Object.entries({ ...view, note: 'likes <tea> & cake' });
  return Object.fromEntries(entries.filter(([name]) => !NOT_IN_WEBHOOKS.includes(name)));
}

export const deletePayload = (gid: string): Payload => ({
  id: numericId(gid),
  tax_exemptions: [],
  admin_graphql_api_id: gid,
});

export const mergePayload = (kept: string, deleted: string): Payload => ({
  admin_graphql_api_customer_kept_id: kept,
  admin_graphql_api_customer_deleted_id: deleted,
  admin_graphql_api_job_id: null,
  status: 'completed',
  errors: [],
});

interface FinishedBulk {
  gid: string;
  createdAt: string;
  completedAt: string | null;
  errorCode: string | null;
  status: string;
}
/** Status, type and error code in lower case. */
export const bulkPayload = (bulk: FinishedBulk): Payload => ({
  admin_graphql_api_id: bulk.gid,
  completed_at: bulk.completedAt && shopTime(bulk.completedAt),
  created_at: shopTime(bulk.createdAt),
  error_code: bulk.errorCode?.toLowerCase() ?? null,
  status: bulk.status.toLowerCase(),
  type: 'query',
});

/**
 * Returns the shop's number in payloads and in gid://shopify/Shop/N: unique per name, the same after a
 * restart.
 */
export const shopIdOf = (shop: string): number =>
  createHash('sha256').update(shop).digest().readUIntBE(0, 5) + 10_000_000;

/** Builds a privacy topic about a person, who need not exist in the shop any more. */
export const privacyPayload = (
  topic: 'customers/data_request' | 'customers/redact',
  shop: string,
  person: { id: number; email: string | null },
): Payload => ({
  shop_id: shopIdOf(shop),
  shop_domain: shop,
  customer: { id: person.id, email: person.email, phone: null },
  ...(topic === 'customers/redact'
    ? { orders_to_redact: [] }
    : { orders_requested: [], data_request: { id: person.id % 100_000 } }),
});

export const shopRedactPayload = (shop: string): Payload => ({ shop_id: shopIdOf(shop), shop_domain: shop });

export const uninstalledPayload = (shop: string): Payload => ({
  id: shopIdOf(shop),
  name: shop.split('.')[0],
  email: 'owner@example.com',
  domain: shop,
  myshopify_domain: shop,
  iana_timezone: 'America/New_York',
  currency: 'EUR',
  plan_name: 'basic',
});

/**
 * `shop_id` was added in 2025-07.
 * Source: shopify.dev/docs/api/webhooks (app/scopes_update),
 * shopify.dev/changelog/add-shopid-to-appscopesupdate-webhook-payload.
 */
export const scopesPayload = (
  shop: string,
  { previous, current, atMs }: { previous: readonly string[]; current: readonly string[]; atMs: number },
): Payload => ({
  id: shopIdOf(shop) + 1,
  previous,
  current,
  updated_at: shopTime(isoSeconds(atMs)),
  shop_id: shopIdOf(shop),
});
