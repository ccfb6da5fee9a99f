import { expectEach, type Section } from '../case.ts';
import { imports } from '../entry-points/imports.ts';
import { webhooks, type Webhook } from '../entry-points/webhooks.ts';

const HEADERS = [
  'X-Shopify-Topic: customers/update',
  'X-Shopify-Shop-Domain: $shop',
  'X-Shopify-Event-Id: e',
];
const GID = 'gid://shopify/Customer/7100123';
const update = (fields: string) => ({
  stored: { externalId: GID },
  headers: HEADERS,
  body: `{"id": 7100123, "updated_at": "2026-11-01T00:00:00Z", ${fields}}`,
});

export const nulls: Section = {
  title: '4. Null values',
  groups: [
    expectEach(webhooks, [
      [
        {
          ...update('"email": null'),
          then: [
            ['CreateCustomer', '{"email": "ada@example.com"}'],
            ['FindCustomerByEmail', '{"email": "Ada@example.com"}'],
          ],
        },
        '200, no email; created #1; found #1',
      ],
      [update('"first_name": null'), '200, ada@example.com'],
      [update('"email": ""'), '200, no email'],
      [update('"email": "grace@example.com"'), '200, grace@example.com'],
      [update('"email": null, "tags": null, "state": null'), '200, no email'],
      ...['{"toString": 1}', '["grace@example.com"]', '[["grace@example.com"]]', '{}', '7'].map(
        (email): [Webhook, string] => [update(`"email": ${email}`), '200, no email'],
      ),
      ...['2026-02-30T00:00:00Z', '2026-06-01T24:00:00Z', '5', 'June 1 2026', '9999-12-31T00:00:00Z'].map(
        (time): [Webhook, string] => [
          { ...update('"email": null'), body: `{"id": 7100123, "updated_at": "${time}", "email": null}` },
          '200, given up as invalid_updated_at, ada@example.com',
        ],
      ),
    ]),
    expectEach(imports, [
      [{ customers: ['{"defaultEmailAddress": null}'] }, 'completed: no email; failed 0'],
      // The next full import repairs the email, although no field says that the customer has changed.
      [{ before: ['{}'], customers: ['{"defaultEmailAddress": null}'] }, 'completed: no email; failed 0'],
      [{ source: 'rest', before: ['{}'], customers: ['{"email": null}'] }, 'completed: no email; failed 0'],
      [
        {
          before: ['{}', '{"defaultEmailAddress": null}'],
          customers: [
            '{"defaultEmailAddress": null}',
            '{"defaultEmailAddress": {"emailAddress": "p0@example.com"}}',
          ],
        },
        'completed: no email, p0@example.com; failed 0',
      ],
      [
        { before: ['{"tags": ["vip"]}'], customers: ['{"tags": null}'], shownField: 'tags' },
        'completed: p0@example.com []; failed 0',
      ],
      [
        {
          before: ['{"numberOfOrders": "7"}'],
          customers: ['{"numberOfOrders": null}'],
          shownField: 'number_of_orders',
        },
        'completed: p0@example.com null; failed 0',
      ],
    ]),
  ],
  specs: [
    [
      'an email that one customer has lost is found for another, with events',
      'libs/domain/test/upsert-customers.spec.ts',
    ],
  ],
};
