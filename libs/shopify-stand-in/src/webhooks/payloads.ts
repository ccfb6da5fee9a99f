import { createHash } from 'node:crypto';
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
  | 'app/uninstalled';

export type Payload = Record<string, unknown>;

/** Not in the payload of customers/create and customers/update, though REST has them. */
const NOT_IN_WEBHOOKS = ['orders_count', 'total_spent', 'last_order_id', 'last_order_name', 'tags'];

/**
 * The bodies by topic, with the fields of the vendor's samples and no others: a field absent there is absent
 * here, so that a client that takes absence for emptiness is found out.
 * Source: shopify.dev/docs/api/webhooks (topics and sample payloads, 2026), and for the three privacy topics
 * shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 */
export function customerPayload(customer: StandInCustomer): Payload {
  const view = restCustomer(customer, 'full');
  // The note is what makes the body differ when a client parses it and writes it again: see `rawBody`.
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
 * The shop's number in payloads and in gid://shopify/Shop/N: distinct for each name, the same after a
 * restart.
 */
export const shopIdOf = (shop: string): number =>
  createHash('sha256').update(shop).digest().readUIntBE(0, 5) + 10_000_000;

/** A privacy topic about a person, who need not live in the shop any more. */
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
