// tag: compliance
import { PRIVACY_TOPICS, type PrivacyTopic } from '@core/domain';
import { matchesTopic, privacyTopicOf } from './privacy-body.ts';

const shop = { shop_id: 954889, shop_domain: 'a.myshopify.com' };
const customer = { id: 191167, email: 'john@example.com', phone: '555-0100' };

/** Shopify's sample bodies. */
const BODIES: Record<PrivacyTopic, Record<string, unknown>> = {
  'customers/data_request': {
    ...shop,
    orders_requested: [299938, 280263],
    customer,
    data_request: { id: 9999 },
  },
  'customers/redact': { ...shop, customer, orders_to_redact: [299938] },
  'shop/redact': shop,
};

describe.each(PRIVACY_TOPICS)('%s', (topic) => {
  it('is accepted as Shopify sends it, and identified by its body alone', () => {
    expect(matchesTopic(topic, BODIES[topic])).toBe(true);
    expect(privacyTopicOf(BODIES[topic])).toBe(topic);
  });

  it.each(PRIVACY_TOPICS.filter((other) => other !== topic))('does not match a body of %s', (other) =>
    expect(matchesTopic(topic, BODIES[other])).toBe(false),
  );

  it.each<[string, Record<string, unknown>]>([
    ['a customer', { id: 7, email: 'john@example.com', shop_domain: shop.shop_domain }],
    ['a shop', { id: 954889, myshopify_domain: shop.shop_domain, email: 'shop@example.com' }],
  ])('does not match the body of %s', (_what, body) => expect(matchesTopic(topic, body)).toBe(false));
});

it.each<[PrivacyTopic, Record<string, unknown>]>([
  ['customers/redact', { ...shop, customer, orders_to_redact: null }],
  ['customers/redact', { ...shop, customer }],
  ['customers/redact', { ...shop, customer: null, orders_to_redact: [1] }],
  ['customers/redact', { ...shop, customer: { phone: '555-0100' }, orders_to_redact: [] }],
  ['customers/redact', { ...shop, customer, something: 'new' }],
  ['customers/data_request', { ...shop, customer: null, data_request: { id: 1 } }],
  ['customers/data_request', { ...shop, customer, data_request: null, orders_requested: null }],
  ['customers/data_request', { ...shop, customer }],
  ['shop/redact', { shop_domain: shop.shop_domain }],
  ['shop/redact', { shop_id: '954889' }],
])('%s is accepted with a field that is null, missing or new', (topic, body) =>
  expect(matchesTopic(topic, body)).toBe(true),
);

it('does not take a request about a person for one about the shop, even with a null field', () => {
  for (const name of ['customer', 'orders_to_redact', 'orders_requested', 'data_request']) {
    expect(matchesTopic('shop/redact', { ...shop, [name]: null })).toBe(false);
    expect(privacyTopicOf({ ...shop, [name]: null })).not.toBe('shop/redact');
  }
});

it('returns no topic for an ambiguous body', () => {
  for (const body of [
    { ...shop, customer },
    { shop_id: 1 },
    { shop_domain: 'a' },
    { ...shop, name: 'x' },
    {},
  ]) {
    expect(privacyTopicOf(body)).toBeUndefined();
  }
});
