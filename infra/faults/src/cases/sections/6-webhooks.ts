import { expectAll, expectEach, type Section } from '../case.ts';
import { webhooks, type Webhook } from '../entry-points/webhooks.ts';

const GID = 'gid://shopify/Customer/7100123';
const NAMED = '"shop_id": $shop_id, "shop_domain": "$shop"';
const REDACT = `{${NAMED}, "customer": {"id": 7100123}, "orders_to_redact": []}`;
const redact = (headers: string[], more: Partial<Webhook> = {}): Webhook => ({
  stored: { externalId: GID },
  headers,
  body: REDACT,
  ...more,
});
const TOPIC = 'X-Shopify-Topic: customers/redact';
const SHOP = 'X-Shopify-Shop-Domain: $shop';
const EVENT = 'X-Shopify-Event-Id: e';
const DELIVERY = 'X-Shopify-Webhook-Id: w';

export const deliveries: Section = {
  title: '6. Webhooks as Shopify sends them',
  groups: [
    expectAll(webhooks, '200, erased', [
      redact([TOPIC, SHOP, EVENT]),
      redact([TOPIC, SHOP, DELIVERY]),
      redact([TOPIC, SHOP]),
      redact([TOPIC, EVENT]),
      redact([TOPIC]),
      redact([]),
      redact([SHOP, EVENT], { path: '/customers/redact' }),
      redact([EVENT], { path: '/customers_redact' }),
      redact(['X-Shopify-Topic: CUSTOMERS_REDACT', EVENT]),
      redact(['Shopify-Topic: customers/redact', 'Shopify-Shop-Domain: $shop', 'Shopify-Event-Id: e']),
      redact([TOPIC, SHOP, EVENT, 'Shopify-Hmac-Sha256: $signature']),
      redact([TOPIC, 'X-Shopify-Hmac-Sha256: wrong', 'Shopify-Hmac-Sha256: $signature']),
      redact([TOPIC, DELIVERY], {
        body: `{${NAMED}, "customer": {"id": 7100123}, "orders_to_redact": null}`,
      }),
      redact([TOPIC, DELIVERY], { body: `{${NAMED}, "customer": {"id": 7100123}}` }),
      redact([TOPIC, DELIVERY], { body: `{${NAMED}, "customer": {"id": "7100123", "email": null}}` }),
      redact([TOPIC, DELIVERY], { body: `{"shop_domain": "$shop", "customer": {"id": 7100123}}` }),
      redact([TOPIC, DELIVERY], {
        body: `{"shop_id": "abc", "shop_domain": "$shop", "customer": {"id": 7100123}}`,
      }),
      redact([TOPIC, DELIVERY], {
        body: `{"shop_id": $shop_id, "shop_domain": "no domain", "customer": {"id": 7100123}}`,
      }),
      ...[
        'customersRedact',
        'customers-redact',
        'customers%2Fredact',
        '/customers//redact/',
        'junk/topic',
      ].map((topic) => redact([`X-Shopify-Topic: ${topic}`, SHOP, EVENT])),
      ...['{"toString": 1}', '[{"toString": 1}]', '["ada@example.com"]', '{"valueOf": 1, "toString": 2}'].map(
        (email) =>
          redact([TOPIC, EVENT], { body: `{${NAMED}, "customer": {"id": 7100123, "email": ${email}}}` }),
      ),
      ...['0', '"00"', '"gid://shopify/Customer/0"'].map((id) =>
        redact([TOPIC, EVENT], {
          body: `{${NAMED}, "customer": {"id": ${id}, "email": "ada@example.com"}}`,
        }),
      ),
      redact([TOPIC, EVENT, 'Content-Type: application/json; charset="utf-8"']),
      redact([TOPIC, EVENT, 'Content-Type: Application/JSON ;']),
    ]),
    expectAll(webhooks, '401…', [
      redact([TOPIC, SHOP, EVENT], { forged: true }),
      redact([TOPIC, SHOP], { forged: true }),
      redact([TOPIC], { forged: true }),
      redact([SHOP], { forged: true }),
      redact([], { forged: true }),
      redact([EVENT], { forged: true, body: 'no JSON' }),
      redact([TOPIC, SHOP, EVENT, 'X-Shopify-Hmac-Sha256: ']),
      redact([TOPIC, 'X-Shopify-Shop-Domain: other.myshopify.com', EVENT]),
    ]),
    expectEach(webhooks, [
      [
        redact(['X-Shopify-Topic: customers/data_request', DELIVERY], {
          body: `{${NAMED}, "customer": {"id": 7100123}, "orders_requested": null, "data_request": {"id": "9999"}}`,
        }),
        '200, pending: data_request',
      ],
      [redact([TOPIC, 'X-Shopify-Topic: customers/update', SHOP, EVENT]), '400…'],
      [
        redact([TOPIC, SHOP, EVENT, 'X-Shopify-Hmac-Sha256: $signature', 'X-Shopify-Hmac-Sha256: wrong']),
        '400 X-Shopify-Hmac-Sha256: …',
      ],
      [redact([TOPIC, SHOP, EVENT, 'X-Shopify-Hmac-Sha256: $signature, wrong']), '401…'],
      [
        redact([TOPIC, DELIVERY], {
          body: `{${NAMED}, "customer": {"id": 7100123, "admin_graphql_api_id": "gid://shopify/Customer/8"}}`,
        }),
        '200, given up as two_customer_ids, pending: redact',
      ],
      [
        redact([TOPIC, EVENT], {
          body: `{${NAMED}, "customer": {"id": 7100124, "email": "ada@example.com"}}`,
        }),
        '200, given up as names_disagree, pending: redact',
      ],
      [
        redact(['X-Shopify-Topic: junk/topic', SHOP, EVENT], {
          body: `{${NAMED}, "customer": {"id": 7100123}}`,
        }),
        '422 X-Shopify-Topic: …',
      ],
      [redact([SHOP, EVENT], { body: `{${NAMED}, "customer": {"id": 7100123}}` }), '400 X-Shopify-Topic: …'],
      [redact([SHOP, EVENT], { path: '/no/topic' }), '404…'],
    ]),
  ],
};
