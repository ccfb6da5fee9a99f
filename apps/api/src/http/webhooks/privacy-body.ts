import { isJsonObject } from '@core/contracts';
import type { PrivacyTopic } from '@core/domain';
import type { SignedBody } from './signed-body.ts';

/**
 * Fields that name a person or identify one request about a person; each shows that the request is about a
 * person.
 */
const OF_A_PERSON = ['customer', 'orders_to_redact', 'orders_requested', 'data_request'];
const OF_A_DATA_REQUEST = ['orders_requested', 'data_request'];
const OF_THE_SHOP = ['shop_id', 'shop_domain'];

/**
 * Returns, for each topic, whether a body may belong to it. The names of its fields decide, not their values:
 * Shopify sends null for an unknown value or omits the field, and may add fields. Two topics differ in the
 * fields that only one of them may have.
 */
const MAY_BE: Readonly<Record<PrivacyTopic, (body: SignedBody) => boolean>> = {
  'customers/redact': (body) =>
    !hasAny(body, OF_A_DATA_REQUEST) && hasAny(body, ['customer', 'orders_to_redact']),
  'customers/data_request': (body) =>
    !hasAny(body, ['orders_to_redact']) && hasAny(body, ['customer', ...OF_A_DATA_REQUEST]),
  'shop/redact': (body) =>
    !hasAny(body, OF_A_PERSON) && (body['shop_id'] != null || hasOnly(body, [...OF_THE_SHOP, 'topic'])),
};

/**
 * Returns whether the body of a privacy topic confirms its topic. The signature covers only the body. Without
 * this check a client that has seen a body could submit it under another topic: a request about a person
 * could redact a shop.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 */
export const mayBe = (topic: PrivacyTopic, body: SignedBody): boolean => MAY_BE[topic](body);

/** Returns the topic of a privacy request from its body alone; undefined if the body is ambiguous. */
export function privacyTopicOf(body: SignedBody): PrivacyTopic | undefined {
  if (hasAny(body, OF_A_DATA_REQUEST)) return pick('customers/data_request', body);
  if (hasAny(body, ['orders_to_redact'])) return pick('customers/redact', body);
  const isShops = OF_THE_SHOP.every((name) => name in body) && hasOnly(body, OF_THE_SHOP);
  return isShops ? 'shop/redact' : undefined;
}

/**
 * Returns whether a body, under any topic, looks like a privacy request. It has a field that only those have,
 * or it names its shop as those do, together with a person or nothing else.
 */
export const seemsPrivate = (body: SignedBody): boolean =>
  privacyTopicOf(body) !== undefined ||
  (OF_THE_SHOP.some((name) => body[name] != null) &&
    (hasAny(body, OF_A_PERSON) || hasOnly(body, [...OF_THE_SHOP, 'topic'])));

/** Returns the number that Shopify gives a data request; the same for each delivery. */
export const requestNumberIn = (body: SignedBody): unknown =>
  isJsonObject(body['data_request']) ? body['data_request']['id'] : undefined;

const pick = (topic: PrivacyTopic, body: SignedBody) => (mayBe(topic, body) ? topic : undefined);

const hasAny = (body: SignedBody, names: readonly string[]): boolean => names.some((name) => name in body);

const hasOnly = (body: SignedBody, names: readonly string[]): boolean =>
  Object.keys(body).every((name) => names.includes(name));
