import { expectAll, expectEach, type Section } from '../case.ts';
import { ops } from '../entry-points/ops.ts';
import { erasures } from '../entry-points/records.ts';
import { connectCalls } from '../entry-points/connect-calls.ts';
import { webhooks } from '../entry-points/webhooks.ts';

const GID = 'gid://shopify/Customer/7100123';

/** Spellings of one Shopify id. */
const SPELLINGS = [
  '7100123',
  GID,
  ' 7100123 ',
  '\t7100123\n',
  '\u00a07100123',
  `${GID}?x=y`,
  `${GID}/`,
  `${GID}#top`,
  'GID://Shopify/customer/7100123',
  'gid://shopify/Customer/0007100123',
  Buffer.from(GID).toString('base64'),
  encodeURIComponent(GID),
];

/** Other ids that only look similar. */
const SIMILAR_IDS = ['71001230', '0007100123', 'crm-7100123'];
/** Texts that are probably not ids. */
const PROBABLY_NOT_IDS = ['7100123.0', '-7100123', '7100123.5', 'undefined', 'null', '[object Object]'];
/** Invalid emails, which name no person next to a valid one. */
const INVALID_EMAILS = [
  '"x y"',
  '"noat"',
  '"a@b@example.com"',
  '"undefined"',
  '{"toString": 1}',
  '["ada@example.com"]',
  'true',
  '7',
];
/** The id of a guest. */
const GUEST_IDS = ['0', '-0', '0.0', '"0"', '"00"', '"0.0"', '"gid://shopify/Customer/0"'];
/** Ids with which Shopify names something other than a customer. */
const OTHER_RESOURCE_IDS = ['gid://shopify/Order/7100123', 'gid://shopify/Customer/7100123/orders'];

const text = (value: unknown) => JSON.stringify(value);
const NOT_AN_ID =
  'must be an id: a number with a sign or a fraction is not an id, nor is a word such as null';
const KINDS = 'kind: must be one of redact, data_request, shop_redact';
const pending = (problem: string, reason = 'invalid') =>
  `dead letter ${reason}: ${problem}; pending 30 days: ${problem}`;

export const identities: Section = {
  title: '1. Erasure requests and identities',
  groups: [
    expectAll(
      erasures,
      'erased',
      SPELLINGS.map((id) => ({ body: `{"kind": "redact", "external_id": ${text(id)}}` })),
    ),
    // One spelling also finds the ids that earlier builds stored in another spelling.
    expectAll(
      erasures,
      'erased',
      [GID, '7100123'].map((externalId) => ({
        stored: { externalId },
        body: '{"kind": "redact", "external_id": "7100123"}',
      })),
    ),
    expectAll(
      erasures,
      'done, no customer found',
      SIMILAR_IDS.map((id) => ({ body: `{"kind": "redact", "external_id": ${text(id)}}` })),
    ),
    expectAll(
      erasures,
      pending('external_id: must be the id of a customer: it identifies something else in Shopify'),
      OTHER_RESOURCE_IDS.map((id) => ({ body: `{"kind": "redact", "external_id": ${text(id)}}` })),
    ),
    expectAll(
      erasures,
      pending(`external_id: ${NOT_AN_ID}`),
      PROBABLY_NOT_IDS.flatMap((id) => [
        { body: `{"external_id": ${text(id)}}` },
        { body: `{"external_id": ${text(id)}, "email": "ada@example.com"}` },
      ]),
    ),
    expectAll(
      erasures,
      pending(`customer.id: ${NOT_AN_ID}`),
      PROBABLY_NOT_IDS.map((id) => ({
        body: `{"customer": {"id": ${text(id)}, "email": "ada@example.com"}}`,
      })),
    ),
    expectAll(
      erasures,
      'erased',
      PROBABLY_NOT_IDS.map((id) => ({
        stored: { externalId: GID },
        body: `{"external_id": ${text(id)}, "customer": {"id": "7100123"}}`,
      })),
    ),
    expectAll(
      erasures,
      'erased',
      INVALID_EMAILS.flatMap((email) => [
        {
          stored: { externalId: GID },
          body: `{"email": "ada@example.com", "customer": {"email": ${email}}}`,
        },
        {
          stored: { externalId: GID },
          body: `{"email": ${email}, "customer": {"email": "ada@example.com"}}`,
        },
      ]),
    ),
    expectAll(
      erasures,
      'erased',
      GUEST_IDS.flatMap((id) => [
        { stored: { externalId: GID }, body: `{"external_id": ${id}, "email": "ada@example.com"}` },
        { stored: { externalId: GID }, body: `{"customer": {"id": ${id}, "email": "ada@example.com"}}` },
      ]),
    ),
    expectAll(
      erasures,
      pending('customer_id: is required unless external_id or email names the person'),
      GUEST_IDS.map((id) => ({ body: `{"external_id": ${id}}` })),
    ),
    expectAll(
      erasures,
      pending(
        'external_id: matches no customer, and the email belongs to a customer with a different external_id',
      ),
      ['7100124', '"crm-7"', '"7100124"'].map((id) => ({
        stored: { externalId: GID },
        body: `{"external_id": ${id}, "email": "ada@example.com"}`,
      })),
    ),
    expectAll(
      erasures,
      'dead letter unsupported_kind: kind: shop_redact must not name a person; pending 30 days: kind: shop_redact must not name a person',
      ['"customer": {"phone": "555-0100"}', '"Customer": {"id": 7}', '"external_id": 0'].map((person) => ({
        body: `{"kind": "shop_redact", ${person}}`,
      })),
    ),
    expectAll(erasures, pending('shop_domain: must name a connected shop of the merchant'), [
      { body: '{"kind": "shop_redact", "merchant_id": "$merchant", "shop_domain": "unknown.myshopify.com"}' },
      { body: '{"kind": "shop_redact", "merchant_id": "$merchant", "shop_domain": "example.com"}' },
    ]),
    expectAll(
      erasures,
      pending('external_id: must be a string or a whole number that is not negative'),
      ['7100123.5', '-7100123'].map((number) => ({ body: `{"external_id": ${number}}` })),
    ),
    expectAll(
      connectCalls,
      `created #1; exists as #1; returned ${text({ externalId: GID, email: 'ada@example.com', metadata: {} })}`,
      SPELLINGS.map((id) => [
        ['CreateCustomer', `{"email": "ada@example.com", "externalId": ${text(id)}}`],
        ['CreateCustomer', `{"email": "ada@example.com", "externalId": "7100123"}`],
        ['GetCustomer', '{"customerId": "#1"}'],
      ]),
    ),
    expectEach(webhooks, [
      [
        {
          stored: { externalId: GID },
          headers: [
            'X-Shopify-Topic: customers/redact',
            'X-Shopify-Shop-Domain: $shop',
            'X-Shopify-Webhook-Id: w',
          ],
          body: '{"shop_id": $shop_id, "shop_domain": "$shop", "customer": {"id": 7100123}, "orders_to_redact": []}',
        },
        '200, erased',
      ],
      [
        {
          stored: { externalId: GID },
          headers: [
            'X-Shopify-Topic: customers/redact',
            'X-Shopify-Shop-Domain: $shop',
            'X-Shopify-Webhook-Id: w',
          ],
          body: '{"shop_id": "$shop_id", "shop_domain": "$shop", "customer": {"id": "7100123"}}',
        },
        '200, erased',
      ],
    ]),
    expectAll(erasures, 'erased', [
      { body: '{"external_id": 7100123}' },
      { body: '{"external_id": "7100123", "occurred_at": 1767312000000}' },
      { body: '{"external_id": "7100123", "occurred_at": "2026-01-02 00:00:00"}' },
      { body: '{"external_id": "7100123", "occurred_at": {"soon": [1e308]}}' },
      { body: '{"external_id": "7100123", "kind": "REDACT"}' },
      { body: '{"external_id": "7100123", "kind": "customers/redact"}' },
      { body: '{"external_id": "7100123", "kind": "Redact "}' },
      { body: '{"external_id": "7100123", "kind": "PRIVACY_REQUEST_KIND_REDACT"}' },
      { body: '{"external_id": "7100123", "kind": null, "email": null, "customer_id": null}' },
      { body: '{"customer_id": "$customer", "email": ["ada@example.com"]}' },
      { body: '{"customer_id": "{$customer}", "event_id": {}}' },
      { body: '{"email": "ADA@example.com"}' },
      {
        body: '{"shop_domain": "$shop", "customer": {"id": 7100123, "email": null}, "orders_to_redact": null}',
      },
      { body: '{"merchantId": "$merchant", "customerId": "$customer"}' },
      {
        stored: { externalId: 'gid://shopify/Customer/9007199254740993' },
        body: '{"external_id": 9007199254740993}',
      },
    ]),
    expectEach(erasures, [
      [{ body: '{"external_id": "7100123", "kind": "forget"}' }, pending(KINDS, 'unsupported_kind')],
      [{ body: '{"external_id": "7100123", "kind": {"is": "redact"}}' }, pending(KINDS, 'unsupported_kind')],
      [{ body: '{"external_id": "7100123", "kind": "data_request"}' }, 'pending 30 days: data_request'],
      [{ body: '{"external_id": "7100123", "data_request": {"id": 1}}' }, 'pending 30 days: data_request'],
      [{ body: '{"customer_id": "42"}' }, pending('customer_id: must be a UUID')],
      [
        { body: '{"customer_id": "$customer", "customer": {"id": "10000000-0000-4000-8000-00000000000b"}}' },
        pending('customer_id: and customer.id must name one customer'),
      ],
      [
        { body: '{"external_id": "7100123", "customer": {"id": 7100124}}' },
        pending(
          'external_id: and customer_id, customer.id and customer.admin_graphql_api_id, where they give one, must name one customer',
        ),
      ],
      [
        { body: '{"email": "ada@example.com", "customer": {"email": "grace@example.com"}}' },
        pending('email: and customer.email must be the same'),
      ],
      [{ body: '{}' }, pending('customer_id: is required unless external_id or email names the person')],
      [{ body: '{"external_id": "7100123", "merchant_id": "x"}' }, pending('merchant_id: must be a UUID')],
      [
        { body: '{"external_id": "7100123", "shop_domain": "unknown.myshopify.com"}' },
        pending('merchant_id: or shop_domain must name a known merchant'),
      ],
      [{ body: '' }, pending('body: is empty', 'malformed')],
      [{ body: '["7100123"]' }, pending('body: must be a JSON object', 'malformed')],
      [{ body: 'half {"external_id":' }, pending('body: is not JSON', 'malformed')],
    ]),
    expectEach(ops, [
      [
        {
          after: [
            'gdpr_request.created',
            '{"request_id": "r-1", "merchant_id": "$merchant", "external_id": "7100123", "kind": "forget"}',
          ],
          args: ['privacy', 'list', '--merchant', '$merchant'],
          outputPaths: ['requests.0.request_id', 'requests.0.kind', 'requests.0.problem', 'requests.0.state'],
        },
        `requests.0.request_id: r-1, requests.0.kind: unknown, requests.0.problem: ${KINDS}, requests.0.state: waiting`,
      ],
      [
        {
          args: [
            'events',
            'publish',
            'gdpr_request.created',
            '--body',
            '{"merchant_id": "$merchant", "external_id": 7100123, "kind": "customers/redact"}',
          ],
          outputPaths: ['dry_run', 'problem'],
        },
        'dry_run: true, problem: it is not signed (--sign): a worker that requires signatures refuses it, any other worker carries it out',
      ],
    ]),
  ],
  specs: [
    ['names of two persons, and an email of another', 'libs/domain/test/redact-names.spec.ts'],
    ['core_privacy_requests_pending, until a request is done', 'apps/worker/test/privacy.spec.ts'],
    [
      'one spelling in imports, and for ids that earlier builds stored',
      'libs/domain/test/external-ids.spec.ts',
    ],
  ],
};
