import { isJsonObject } from '@core/contracts';
import type { PrivacyTopic } from '@core/domain';
import type { SignedBody } from './signed-body.ts';

/** Fields that name a person, or tell one request about a person from another; each shows that it is about a person. */
const OF_A_PERSON = ['customer', 'orders_to_redact', 'orders_requested', 'data_request'];
const OF_A_DATA_REQUEST = ['orders_requested', 'data_request'];
const OF_THE_SHOP = ['shop_id', 'shop_domain'];

/**
 * Whether a body may be one of each topic. The names of its fields decide, not their values: Shopify sends null for a
 * value that it does not know, or leaves the field out, and may add fields. Two topics differ in the fields that only
 * one of them may have.
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
 * Whether the body of a privacy topic bears out that it is one. The signature is over the body alone: else whoever has
 * seen a body could have it taken for the request of another topic, and by one about a person have a shop redacted.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 */
export const mayBe = (topic: PrivacyTopic, body: SignedBody): boolean => MAY_BE[topic](body);

/** The topic of a privacy request that only its body tells; undefined when that leaves a choice. */
export function privacyTopicOf(body: SignedBody): PrivacyTopic | undefined {
  if (hasAny(body, OF_A_DATA_REQUEST)) return pick('customers/data_request', body);
  if (hasAny(body, ['orders_to_redact'])) return pick('customers/redact', body);
  const isShops = OF_THE_SHOP.every((name) => name in body) && hasOnly(body, OF_THE_SHOP);
  return isShops ? 'shop/redact' : undefined;
}

/**
 * Whether a body, of whatever topic, looks like a privacy request: it has a field that only those have, or names its shop
 * as those do, and a person or nothing else.
 */
export const seemsPrivate = (body: SignedBody): boolean =>
  privacyTopicOf(body) !== undefined ||
  (OF_THE_SHOP.some((name) => body[name] != null) &&
    (hasAny(body, OF_A_PERSON) || hasOnly(body, [...OF_THE_SHOP, 'topic'])));

/** The number that Shopify gives a request for data; the same over its deliveries. */
export const requestNumberIn = (body: SignedBody): unknown =>
  isJsonObject(body['data_request']) ? body['data_request']['id'] : undefined;

const pick = (topic: PrivacyTopic, body: SignedBody) => (mayBe(topic, body) ? topic : undefined);

const hasAny = (body: SignedBody, names: readonly string[]): boolean => names.some((name) => name in body);

const hasOnly = (body: SignedBody, names: readonly string[]): boolean =>
  Object.keys(body).every((name) => names.includes(name));
