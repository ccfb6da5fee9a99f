import { isJsonObject } from '@core/contracts';
import type { PrivacyTopic } from '@core/domain';
import type { SignedBody } from './signed-body.ts';

/**
 * Fields that name a person or identify one request about a person; each shows that the request is about a
 * person.
 */
const PERSON_FIELDS = ['customer', 'orders_to_redact', 'orders_requested', 'data_request'];
const DATA_REQUEST_FIELDS = ['orders_requested', 'data_request'];
const SHOP_FIELDS = ['shop_id', 'shop_domain'];

/**
 * Returns, for each topic, whether a body may belong to it. The names of its fields decide, not their values:
 * Shopify sends null for an unknown value or omits the field, and may add fields. Two topics differ in the
 * fields that only one of them may have.
 */
const TOPIC_MATCHERS: Readonly<Record<PrivacyTopic, (body: SignedBody) => boolean>> = {
  'customers/redact': (body) =>
    !hasAny(body, DATA_REQUEST_FIELDS) && hasAny(body, ['customer', 'orders_to_redact']),
  'customers/data_request': (body) =>
    !hasAny(body, ['orders_to_redact']) && hasAny(body, ['customer', ...DATA_REQUEST_FIELDS]),
  'shop/redact': (body) =>
    !hasAny(body, PERSON_FIELDS) && (body['shop_id'] != null || hasOnly(body, [...SHOP_FIELDS, 'topic'])),
};

/**
 * Returns whether the body of a privacy topic confirms its topic. The signature covers only the body. Without
 * this check a client that has seen a body could submit it under another topic: a request about a person
 * could redact a shop.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 */
export const matchesTopic = (topic: PrivacyTopic, body: SignedBody): boolean => TOPIC_MATCHERS[topic](body);

/** Returns the topic of a privacy request from its body alone; undefined if the body is ambiguous. */
export function privacyTopicOf(body: SignedBody): PrivacyTopic | undefined {
  if (hasAny(body, DATA_REQUEST_FIELDS)) return ifMatches('customers/data_request', body);
  if (hasAny(body, ['orders_to_redact'])) return ifMatches('customers/redact', body);
  const isShopRequest = SHOP_FIELDS.every((name) => name in body) && hasOnly(body, SHOP_FIELDS);
  return isShopRequest ? 'shop/redact' : undefined;
}

/**
 * Returns whether a body, under any topic, looks like a privacy request. It has a field that only those have,
 * or it names its shop as those do, together with a person or nothing else.
 */
export const looksLikePrivacyRequest = (body: SignedBody): boolean =>
  privacyTopicOf(body) !== undefined ||
  (SHOP_FIELDS.some((name) => body[name] != null) &&
    (hasAny(body, PERSON_FIELDS) || hasOnly(body, [...SHOP_FIELDS, 'topic'])));

/** Returns the number that Shopify gives a data request; the same for each delivery. */
export const requestNumberIn = (body: SignedBody): unknown =>
  isJsonObject(body['data_request']) ? body['data_request']['id'] : undefined;

const ifMatches = (topic: PrivacyTopic, body: SignedBody) => (matchesTopic(topic, body) ? topic : undefined);

const hasAny = (body: SignedBody, names: readonly string[]): boolean => names.some((name) => name in body);

const hasOnly = (body: SignedBody, names: readonly string[]): boolean =>
  Object.keys(body).every((name) => names.includes(name));
