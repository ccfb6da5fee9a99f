import type { PrivacyTopic, WebhookTopic } from '@core/domain';
import { readWebhookBody } from './body.ts';

const SHOP = 'a.myshopify.com';
const shop = { shop_id: 954889, shop_domain: SHOP };
const customer = { id: 191167, email: 'john@example.com', phone: '555-0100' };

/** The vendor's samples. */
const BODIES: Record<PrivacyTopic, object> = {
  'customers/data_request': {
    ...shop,
    orders_requested: [299938, 280263],
    customer,
    data_request: { id: 9999 },
  },
  'customers/redact': { ...shop, customer, orders_to_redact: [299938] },
  'shop/redact': shop,
};
const topics = Object.keys(BODIES) as PrivacyTopic[];
const read = (topic: WebhookTopic, body: unknown, of = SHOP) =>
  readWebhookBody(topic, of, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

describe.each(topics)('%s', (topic) => {
  it('is taken as the vendor sends it, in whatever case the shop is written', () => {
    const named = { shopId: '954889' };
    expect(read(topic, BODIES[topic])).toEqual(named);
    expect(read(topic, BODIES[topic], 'A.myshopify.com')).toEqual(named);
  });

  it('is not taken for another shop', () =>
    expect(read(topic, BODIES[topic], 'b.myshopify.com')).toBe('other_shop'));

  it.each(topics.filter((other) => other !== topic))('is not taken from a body of %s', (other) =>
    expect(read(topic, BODIES[other])).toBe('malformed'),
  );

  it.each<[string, unknown]>([
    ['no JSON', '{"shop_domain"'],
    ['a list', [BODIES[topic]]],
    ['null', null],
    ['no shop', { ...BODIES[topic], shop_domain: undefined }],
    ['a shop that is no text', { ...BODIES[topic], shop_domain: [SHOP] }],
    ['a shop whose number is none', { ...BODIES[topic], shop_id: '954889' }],
    ['a customer of a webhook about customers', { id: 7, email: 'john@example.com', shop_domain: SHOP }],
  ])('is not taken from %s', (_what, body) => expect(read(topic, body)).toBe('malformed'));
});

const others: WebhookTopic[] = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'bulk_operations/finish',
];

describe.each(others)('%s', (topic) => {
  const body = { id: 7, email: 'john@example.com' };

  it.each<[string, unknown]>([
    ['names no shop', body],
    ['names its shop null', { ...body, shop_id: null, shop_domain: null }],
    ['is a list', [body]],
    ['is no JSON', '{"shop_domain":"b.myshopify.com"'],
  ])('is taken for the shop of its header when it %s', (_what, given) =>
    expect(read(topic, given)).toEqual({ shopId: undefined }),
  );

  it('is taken for the shop that it names', () => {
    expect(read(topic, { ...body, ...shop }, 'A.myshopify.com')).toEqual({ shopId: '954889' });
    expect(read(topic, { ...body, shop_id: 954889 })).toEqual({ shopId: '954889' });
    expect(read(topic, { ...body, shop_domain: SHOP })).toEqual({ shopId: undefined });
  });

  it('is not taken for another shop', () =>
    expect(read(topic, { ...body, shop_domain: SHOP }, 'b.myshopify.com')).toBe('other_shop'));

  it.each([
    { shop_domain: [SHOP] },
    { shop_domain: 7 },
    { shop_id: '954889' },
    { shop_id: 1.5 },
    { shop_id: {} },
  ])('is not taken from one that names no shop properly: %j', (named) =>
    expect(read(topic, { ...body, ...named })).toBe('malformed'),
  );
});
