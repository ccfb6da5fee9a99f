import {
  customerGid,
  fieldGivenTwice,
  isGuestId,
  isJsonObject,
  readJsonObject,
  readShopifyTime,
  shopifyId,
  shopifyTime,
  type ExternalId,
  type SameValue,
} from '@core/contracts';
import { normalizeEmail, parseEmail } from '@core/crypto';
import type { ImportedCustomer, WebhookTopic } from '@core/domain';

/** A webhook whose body lacks what it must contain: a retry does not help. */
export class UnreadableWebhook extends Error {
  override name = 'UnreadableWebhook';
  /** A code such as invalid_body, without PII. */
  readonly code: string;

  constructor(code: string) {
    super(`the webhook cannot be read: ${code}`);
    this.code = code;
  }
}

export type Payload = Record<string, unknown>;

/**
 * The fields that are read for each topic, each with a function that maps the spellings of a value to one.
 */
const READ: Readonly<Record<WebhookTopic, Readonly<Record<string, SameValue>>>> = (() => {
  const asIs: SameValue = (value) => value;
  const time: SameValue = (value) => readShopifyTime(value)?.getTime();
  const email: SameValue = (value) => (typeof value === 'string' ? normalizeEmail(value) : null);
  const id = { id: customerGid, admin_graphql_api_id: customerGid };
  const customer = { ...id, email, state: asIs, created_at: time, updated_at: time };
  const person = {
    'customer.id': customerGid,
    'customer.admin_graphql_api_id': customerGid,
    'customer.email': email,
  };
  return {
    'customers/create': customer,
    'customers/update': customer,
    'customers/delete': id,
    'customers/merge': {
      status: asIs,
      admin_graphql_api_customer_kept_id: customerGid,
      admin_graphql_api_customer_deleted_id: customerGid,
    },
    'bulk_operations/finish': {},
    'customers/redact': person,
    'customers/data_request': { ...person, 'data_request.id': shopifyId },
    'shop/redact': { shop_id: shopifyId },
    'app/uninstalled': { id: shopifyId },
    'app/scopes_update': { current: asIs },
  };
})();

/** @throws UnreadableWebhook */
export function parsePayload(body: Buffer, topic: WebhookTopic): Payload {
  const read = readJsonObject(body);
  if (typeof read === 'string') throw new UnreadableWebhook(read === 'not_utf8' ? read : 'invalid_body');
  // It is unclear which of two values is meant. A field that is not read may be repeated.
  if (fieldGivenTwice(read.fields, READ[topic])) throw new UnreadableWebhook('repeated_field');
  return read.object;
}

/**
 * Reads the customer of customers/create and customers/update. These webhooks have no tags, orders_count or
 * total_spent. An absent field is omitted, so that its stored value stays; a null field is cleared. Names and
 * formats are those of the importer's sources. Source: shopify.dev/docs/api/webhooks ("customers/update").
 * @param emailsWithheld Shopify withholds emails from the app: "unapproved fields will be redacted"
 *   (shopify.dev/docs/apps/launch/protected-customer-data), so a null is no value
 * @throws UnreadableWebhook
 */
export function readCustomer(
  payload: Payload,
  { emailsWithheld }: { emailsWithheld: boolean },
): ImportedCustomer {
  const { updated_at: updatedAt, created_at: createdAt } = payload;
  const sourceUpdatedAt = readUpdatedAt(payload);
  if (!sourceUpdatedAt)
    throw new UnreadableWebhook(updatedAt == null ? 'no_updated_at' : 'invalid_updated_at');
  const created = readShopifyTime(createdAt);
  const email = readEmail(payload);
  return {
    externalId: readExternalId(payload),
    email: email === null && emailsWithheld ? undefined : email,
    metadata: {
      ...readField(payload, 'state', (state) =>
        typeof state === 'string' ? state.toUpperCase() : undefined,
      ),
      ...readField(payload, 'created_at', () => created && shopifyTime(created.getTime())),
    },
    sourceUpdatedAt,
    ...(createdAt != null && !created && { leftOut: ['invalid_created_at'] }),
  };
}

/** Replaces bytes of the body that are not UTF-8. */
const REPLACEMENT = '\ufffd';
/** Emails are checked where they are stored; this one is refused there. */
const NO_EMAIL = '?';

/**
 * Returns an invalid email for a value that is neither text nor null, also for a list with one email: it is
 * reported as invalid_email. An email with an unreadable character is invalid too: it would be stored as
 * another email.
 */
function readEmail({ email }: Payload): string | null | undefined {
  if (email === null || email === undefined) return email;
  return typeof email !== 'string' || email.includes(REPLACEMENT) ? NO_EMAIL : email;
}

/** @param read returns undefined for a value in another format, which is omitted as if it were absent */
function readField(
  payload: Payload,
  name: string,
  read: (value: unknown) => string | undefined,
): Record<string, string | null> {
  const value = payload[name];
  const stored = value === null ? null : read(value);
  return stored === undefined ? {} : { [name]: stored };
}

export const readUpdatedAt = ({ updated_at: at }: Payload): Date | undefined => readShopifyTime(at);

/** Reads gid://shopify/Customer/7 from the payload of a customer. @throws UnreadableWebhook */
export function readExternalId({ admin_graphql_api_id: gid, id }: Payload): ExternalId {
  const externalId = customerGid(gid) ?? customerGid(id);
  if (!externalId) throw new UnreadableWebhook('no_customer_id');
  return externalId;
}

/**
 * Reads the two customers of customers/merge.
 * Source: shopify.dev/docs/api/webhooks ("customers/merge").
 * @throws UnreadableWebhook
 */
export function readMerge(payload: Payload): { keptExternalId: ExternalId; mergedExternalId: ExternalId } {
  const kept = customerGid(payload['admin_graphql_api_customer_kept_id']);
  const merged = customerGid(payload['admin_graphql_api_customer_deleted_id']);
  if (!kept || !merged) throw new UnreadableWebhook('no_customer_id');
  return { keptExternalId: kept, mergedExternalId: merged };
}

/**
 * Reads the person of customers/redact and customers/data_request, and the request number of the latter.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 * @throws UnreadableWebhook when nothing names the person, when two ids name two persons, or when no id is
 *   readable: the email next to it may belong to another customer
 */
export function readPerson(payload: Payload): {
  externalId: ExternalId | undefined;
  email: string | undefined;
  requestNumber: string | undefined;
} {
  const customer = isJsonObject(payload['customer']) ? payload['customer'] : {};
  const request = isJsonObject(payload['data_request']) ? payload['data_request'] : {};
  const given = [customer['id'], customer['admin_graphql_api_id']].filter((id) => !isNotGiven(id));
  const ids = given.flatMap((id) => customerGid(id) ?? []);
  const externalId = ids[0];
  if (ids.some((id) => id !== externalId)) throw new UnreadableWebhook('two_customer_ids');
  if (!externalId && given.length > 0) throw new UnreadableWebhook('invalid_customer_id');
  const email = parseEmail(readEmail(customer) ?? '') ?? undefined;
  if (!externalId && !email) throw new UnreadableWebhook('no_customer_id');
  return { externalId, email, requestNumber: shopifyId(request['id']) ?? undefined };
}

/**
 * Reads the shop's number of app/uninstalled, whose body is the shop.
 * Source: shopify.dev/docs/api/webhooks ("app/uninstalled").
 * @throws UnreadableWebhook
 */
export function readShopId({ id }: Payload): string {
  const shopId = shopifyId(id);
  if (!shopId) throw new UnreadableWebhook('no_shop_id');
  return shopId;
}

/**
 * Reads the granted scopes of app/scopes_update.
 * Source: shopify.dev/docs/api/webhooks ("app/scopes_update").
 * @throws UnreadableWebhook
 */
export function readScopes({ current }: Payload): string[] {
  const isScope = (scope: unknown): scope is string =>
    typeof scope === 'string' && /^[a-z_]{1,100}$/.test(scope);
  if (!Array.isArray(current) || current.length > 500 || !current.every(isScope)) {
    throw new UnreadableWebhook('invalid_scopes');
  }
  return [...new Set(current)].sort();
}

/** Shopify sends 0 as the id of a guest. */
const isNotGiven = (id: unknown): boolean =>
  id === undefined || id === null || id === 0 || (typeof id === 'string' && (!id.trim() || isGuestId(id)));
