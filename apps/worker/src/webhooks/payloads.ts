import { gidOf, shopifyNumber, shopifyTime, type ImportedCustomer } from '@core/domain';

/** A webhook whose body does not say what it must: trying it again will not mend it. */
export class UnreadableWebhook extends Error {
  override name = 'UnreadableWebhook';
  /** Such as invalid_body: no PII. */
  readonly code: string;

  constructor(code: string) {
    super(`the webhook cannot be read: ${code}`);
    this.code = code;
  }
}

export type Payload = Record<string, unknown>;

/** @throws UnreadableWebhook */
export function parsePayload(body: Buffer): Payload {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // Not the parser's own words: they quote the body.
    throw new UnreadableWebhook('invalid_body');
  }
  if (!isObject(parsed)) throw new UnreadableWebhook('invalid_body');
  return parsed;
}

/**
 * The customer of customers/create and customers/update. They have no tags, no orders_count and no total_spent: what
 * is absent is left out, so that it stays as it is. The names and forms are those of the importer's sources.
 * Source: shopify.dev/docs/api/webhooks ("customers/update").
 * @throws UnreadableWebhook
 */
export function readCustomer(payload: Payload): ImportedCustomer {
  const { email, state, created_at: createdAt } = payload;
  const sourceUpdatedAt = readUpdatedAt(payload);
  if (!sourceUpdatedAt) throw new UnreadableWebhook('no_updated_at');
  return {
    externalId: readCustomerId(payload),
    email: typeof email === 'string' ? email : null,
    metadata: {
      ...(typeof state === 'string' ? { state: state.toUpperCase() } : {}),
      ...(isTime(createdAt) ? { created_at: shopifyTime(Date.parse(createdAt)) } : {}),
    },
    sourceUpdatedAt,
  };
}

export const readUpdatedAt = ({ updated_at: at }: Payload): Date | undefined =>
  isTime(at) ? new Date(at) : undefined;

/** gid://shopify/Customer/7, of the payload of a customer. @throws UnreadableWebhook */
export function readCustomerId({ admin_graphql_api_id: gid, id }: Payload): string {
  if (isGid(gid)) return gid;
  if (isId(id)) return gidOf(id);
  throw new UnreadableWebhook('no_customer_id');
}

/** Source: shopify.dev/docs/api/webhooks ("customers/merge"). @throws UnreadableWebhook */
export function readMerge(payload: Payload): { keptExternalId: string; mergedExternalId: string } {
  const kept = payload['admin_graphql_api_customer_kept_id'];
  const merged = payload['admin_graphql_api_customer_deleted_id'];
  if (!isGid(kept) || !isGid(merged)) throw new UnreadableWebhook('no_customer_id');
  return { keptExternalId: kept, mergedExternalId: merged };
}

/**
 * The person of customers/redact and customers/data_request, and the number of the latter.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 * @throws UnreadableWebhook when nothing names the person
 */
export function readPerson(payload: Payload): {
  externalId: string | undefined;
  email: string | undefined;
  requestNumber: string | undefined;
} {
  const customer = isObject(payload['customer']) ? payload['customer'] : {};
  const request = isObject(payload['data_request']) ? payload['data_request'] : {};
  const externalId = isId(customer['id']) ? gidOf(customer['id']) : undefined;
  const email = typeof customer['email'] === 'string' && customer['email'] ? customer['email'] : undefined;
  if (!externalId && !email) throw new UnreadableWebhook('no_customer_id');
  return { externalId, email, requestNumber: isId(request['id']) ? String(request['id']) : undefined };
}

const isObject = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isGid = (value: unknown): value is string => typeof value === 'string' && shopifyNumber(value) !== null;

const isId = (value: unknown): value is number => Number.isSafeInteger(value);

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));
