import { expectEach, type Section } from '../case.ts';
import { shopReplies } from '../entry-points/shop-replies.ts';
import { imports } from '../entry-points/imports.ts';
import { ops } from '../entry-points/ops.ts';

const SCORE =
  '{"event_id": "$customer", "merchant_id": "$merchant", "customer_id": "$customer", "rfm_score": {"recency": 9, "frequency": 1, "monetary": 1, "as_of": "2026-01-02"}}';
const LATE = SCORE.replace('9', '1').replace('"2026-01-02"', '"soon"');
const HTML = '<!DOCTYPE html><html><body>Opening soon</body></html>';
const HTML_TYPE = { 'content-type': 'text/html' };

export const merchantMessages: Section = {
  title: '8. Messages to the merchant',
  groups: [
    expectEach(shopReplies, [
      [{ status: 301, renamed: true }, 'failed: Shopify has renamed the shop: it is new-$shop now…'],
      [
        { status: 301, headers: { location: 'https://new-name.myshopify.com/admin/api/graphql.json' } },
        'failed: Shopify has renamed the shop: it is new-name.myshopify.com now…',
      ],
      [
        { status: 200, body: HTML, headers: HTML_TYPE },
        'paused: Shopify answers with a web page in place of data',
      ],
      [{ status: 200, body: '' }, 'paused: Shopify answers with an empty reply'],
      [{ status: 200, body: '{"data": {"cust' }, "paused: Shopify's answers are incomplete"],
      [{ status: 200, body: '{"data": null}' }, 'paused: …'],
      [
        {
          status: 200,
          body: '{"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}',
        },
        'failed: Shopify no longer accepts the access token of this …',
      ],
      [
        { status: 200, body: '{"errors": "Unavailable Shop"}' },
        'failed: Shopify has frozen the shop until its bill is paid.…',
      ],
      [
        { status: 200, body: '{"errors": {"base": ["This shop is locked"]}}' },
        'failed: Shopify has locked the shop.…',
      ],
      [{ status: 404, body: '{"errors": "Not Found"}' }, 'failed: Shopify does not know this shop…'],
      [{ status: 402, body: '{"errors": "Unavailable Shop"}' }, 'failed: …'],
      [{ status: 503, body: HTML, headers: HTML_TYPE }, 'paused: …'],
    ]),
    expectEach(imports, [
      [
        { customers: ['{"defaultEmailAddress": {"emailAddress": "ada@@example.com"}}'] },
        'completed_with_errors: no email; failed 0; 1 invalid_email (field_left_out)',
      ],
      [
        {
          before: ['{"numberOfOrders": "7"}'],
          customers: ['{"numberOfOrders": "many"}'],
          shownField: 'number_of_orders',
        },
        'completed_with_errors: p0@example.com 7; failed 0; 1 invalid_number_of_orders (field_left_out)',
      ],
      [
        { customers: ['{"amountSpent": {"amount": "a lot", "currencyCode": "EUR"}}'] },
        'completed_with_errors: p0@example.com; failed 0; 1 invalid_amount_spent (field_left_out)',
      ],
      [
        { customers: ['{"createdAt": "yesterday"}'] },
        'completed_with_errors: p0@example.com; failed 0; 1 invalid_created_at (field_left_out)',
      ],
      [
        { customers: ['{"updatedAt": "yesterday"}', '{}'] },
        'completed_with_errors: not stored, p1@example.com; failed 1; 1 invalid_updated_at (not_stored)',
      ],
      [
        { customers: ['{"tags": "vip"}', '{}'] },
        'completed_with_errors: not stored, p1@example.com; failed 1; 1 unreadable_customer (not_stored)',
      ],
      [
        { customers: ['{}', '{"defaultEmailAddress": {"emailAddress": "p0@example.com"}}'] },
        'completed: p0@example.com, p0@example.com; failed 0; 1 email_shared (note)',
      ],
    ]),
    expectEach(ops, [
      [
        {
          after: ['rfm.updated', SCORE],
          args: ['dlq', 'show', '--topic', 'rfm.updated', '$dead_letter'],
          outputPaths: [
            'dead_letters.0.headers.dlq_reason',
            'dead_letters.0.headers.dlq_field',
            'dead_letters.0.headers.dlq_rule',
          ],
        },
        'dead_letters.0.headers.dlq_reason: invalid, dead_letters.0.headers.dlq_field: rfm_score.recency, dead_letters.0.headers.dlq_rule: must be 1 to 5',
      ],
      [
        {
          after: ['rfm.updated', LATE],
          args: ['dlq', 'show', '--topic', 'rfm.updated', '$dead_letter'],
          outputPaths: ['dead_letters.0.headers.dlq_field', 'dead_letters.0.headers.dlq_rule'],
        },
        'dead_letters.0.headers.dlq_field: rfm_score.as_of, dead_letters.0.headers.dlq_rule: must be a time like …',
      ],
      [
        {
          args: ['events', 'publish', 'rfm.updated', '--body', SCORE],
          outputPaths: ['dry_run', 'problem'],
        },
        'dry_run: true, problem: rfm_score.recency: must be 1 to 5',
      ],
    ]),
  ],
  specs: [
    ['a renamed shop is moved by rpc, after a proof', 'apps/api/test/connect-shop.spec.ts'],
    ['and by `ops shop move`', 'apps/ops/test/move-shop.spec.ts'],
    ['`ops import show` and `ops import errors` agree with the run', 'apps/ops/test/imports.spec.ts'],
    ['the CSV contains the same explanations', 'apps/api/test/import-errors-csv.spec.ts'],
    ['docs/imports.md contains them, too', 'infra/tools/test/documents.spec.ts'],
    ['`ops events publish` sends, signs and audits', 'apps/ops/test/publish-event.spec.ts'],
  ],
};
