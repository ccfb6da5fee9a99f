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
import { normaliseEmail, parseEmail } from '@core/crypto';
import type { ImportedCustomer, WebhookTopic } from '@core/domain';

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

/** The fields that are read of each topic, each with what makes two spellings of a value one. */
const READ: Readonly<Record<WebhookTopic, Readonly<Record<string, SameValue>>>> = (() => {
  const asIs: SameValue = (value) => value;
  const time: SameValue = (value) => readShopifyTime(value)?.getTime();
  const email: SameValue = (value) => (typeof value === 'string' ? normaliseEmail(value) : null);
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
    'shop/redact': {},
  };
})();

/** @throws UnreadableWebhook */
export function parsePayload(body: Buffer, topic: WebhookTopic): Payload {
  const read = readJsonObject(body);
  if (typeof read === 'string') throw new UnreadableWebhook(read === 'not_utf8' ? read : 'invalid_body');
  // Nobody can tell which of two values is meant. An unread field may come as often as Shopify likes.
  if (fieldGivenTwice(read.fields, READ[topic])) throw new UnreadableWebhook('repeated_field');
  return read.object;
}

/**
 * The customer of customers/create and customers/update. They have no tags, orders_count or total_spent: an
 * absent field is left out, so that it stays as it is, and a null one is emptied. The names and forms are
 * those of the importer's sources.
 * Source: shopify.dev/docs/api/webhooks ("customers/update").
 * @throws UnreadableWebhook
 */
export function readCustomer(payload: Payload): ImportedCustomer {
  const { updated_at: updatedAt, created_at: createdAt } = payload;
  const sourceUpdatedAt = readUpdatedAt(payload);
  if (!sourceUpdatedAt)
    throw new UnreadableWebhook(updatedAt == null ? 'no_updated_at' : 'invalid_updated_at');
  const created = readShopifyTime(createdAt);
  return {
    externalId: readExternalId(payload),
    email: readEmail(payload),
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

/** Stands where bytes of the body were no UTF-8. */
const REPLACEMENT = '\ufffd';
/** Emails are judged where they are stored, and this one is refused there. */
const NO_EMAIL = '?';

/**
 * A value that is neither a text nor null is no email, also a list of one: it is reported as an invalid email. Neither is
 * one of which a character could not be read: it would be stored as another.
 */
function readEmail({ email }: Payload): string | null | undefined {
  if (email === null || email === undefined) return email;
  return typeof email !== 'string' || email.includes(REPLACEMENT) ? NO_EMAIL : email;
}

/** @param read undefined: not of the form that is stored, and left out as if it were absent */
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

/** gid://shopify/Customer/7, of the payload of a customer. @throws UnreadableWebhook */
export function readExternalId({ admin_graphql_api_id: gid, id }: Payload): ExternalId {
  const externalId = customerGid(gid) ?? customerGid(id);
  if (!externalId) throw new UnreadableWebhook('no_customer_id');
  return externalId;
}

/** Source: shopify.dev/docs/api/webhooks ("customers/merge"). @throws UnreadableWebhook */
export function readMerge(payload: Payload): { keptExternalId: ExternalId; mergedExternalId: ExternalId } {
  const kept = customerGid(payload['admin_graphql_api_customer_kept_id']);
  const merged = customerGid(payload['admin_graphql_api_customer_deleted_id']);
  if (!kept || !merged) throw new UnreadableWebhook('no_customer_id');
  return { keptExternalId: kept, mergedExternalId: merged };
}

/**
 * The person of customers/redact and customers/data_request, and the number of the latter.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 * @throws UnreadableWebhook when nothing names the person, or two ids name two; when no id can be read, since an email
 *   beside it may be another customer's
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

/** Shopify writes 0 for the id of a guest. */
const isNotGiven = (id: unknown): boolean =>
  id === undefined || id === null || id === 0 || (typeof id === 'string' && (!id.trim() || isGuestId(id)));
