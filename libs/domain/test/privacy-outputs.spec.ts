// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf } from '@core/contracts';
import { aMerchantId } from '@core/testing';
import {
  exportCustomerData,
  getErasureReceipt,
  recordPrivacyRequest,
  redactCustomer,
  redactShopStep,
  scheduleShopRedactions,
} from '../src/index.ts';
import { newShop, openPrivacy, type PrivacyWorld, type Shop } from './privacy-support.ts';

// External outputs, compared byte by byte: receipts are kept for years.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const place = (name: string, remark = '', found = 0, removed: string[] = []) => ({
  place: name,
  found,
  removed,
  remark,
});

const TOLD = [
  place('outbox_events', 'holds our own ids and names of fields; rows are deleted once they are published'),
  place('inbox_events', 'holds ids of events and digests of scores; rows are deleted after their retention'),
  place('audit_log', 'holds our own ids, names of fields and counts; kept as proof'),
  place(
    'dead letters',
    'hold our own ids and scores: only the fields of an event are written, and no name of a person',
  ),
  place('import jobs', 'hold ids of imports and slices'),
  place(
    'customer_import_slices',
    "hold counts, and the shop's own cursors into its list, until the import has read on, or 30 days after it was interrupted",
  ),
  place(
    'backups',
    'keep their content until their retention ends; docs/privacy.md describes how a restore repeats the erasures',
  ),
];

it('lists each place in order in the receipt of a person', async () => {
  const receipt = await world.as('worker', (tx, ctx) =>
    redactCustomer(tx, ctx, {
      merchantId: aMerchantId(),
      requestId: randomUUID(),
      externalId: externalIdOf('7'),
    }),
  );
  expect(JSON.stringify(receipt, null, 1)).toBe(
    JSON.stringify(
      {
        customerId: null,
        places: [
          place('customers'),
          place(
            'segment_writes',
            "Shopify's customer id stays until the shop has deleted its metafields of the person",
          ),
          place('customer_import_errors'),
          place(
            'customer_import_ids',
            'an import that still finds the id in the shop stores it again, and deletes it when it completes, or 30 days after it was interrupted',
          ),
          place('parked_events'),
          place('webhook_events'),
          place(
            'erasure_tombstones',
            '1 written: keyed hashes by which an import recognizes a person who must not be stored again',
          ),
          ...TOLD,
        ],
      },
      null,
      1,
    ),
  );
});

async function redactShop({ merchantId, shop }: Shop) {
  const requestId = randomUUID();
  await world.as('worker', (tx, ctx) =>
    recordPrivacyRequest(tx, ctx, { merchantId, requestId, kind: 'shop_redact', shop }),
  );
  await world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000 }));
  while (await world.as('worker', redactShopStep));
  const { places } = await world.as(
    'api',
    (tx) => getErasureReceipt(tx, { merchantId, requestId }),
    merchantId,
  );
  return places;
}

const KEPT =
  'another shop of the merchant is connected: kept, because nothing records which shop it belongs to';

it.each([
  {
    shops: 1,
    webhooks: '',
    customers: '',
    keys: place(
      'merchant_keys',
      'destroyed; backups can be decrypted with them until the keyring key that wrapped them is destroyed, too',
      1,
      ['data_key', 'index_key'],
    ),
  },
  {
    shops: 2,
    webhooks: 'privacy requests that wait, or were given up, keep their body: the customers are kept',
    customers: KEPT,
    keys: place('merchant_keys', KEPT),
  },
])('lists each place in order in the receipt of a shop: $shops connected', async (expected) => {
  const shop = await world.connect();
  if (expected.shops > 1) await world.connect(newShop(shop.merchantId));
  await world.newRun(shop);
  // PostgreSQL stores the receipt as JSON with its own order of fields.
  expect(await redactShop(shop)).toEqual([
    place('customer_import_logs', '', 1, ['runs in progress: cancelled']),
    place('import_schedules'),
    place('shop_directory', '', 1, ['rows']),
    place('shopify_connections', '', 1, ['rows']),
    place('segment_syncs'),
    place('segment_writes'),
    place('customer_import_errors'),
    place('customer_import_ids'),
    place('webhook_events', expected.webhooks),
    place('parked_events'),
    place('program_settings'),
    place('customers', expected.customers),
    expected.keys,
    ...TOLD,
  ]);
});

it('lists each place in order in an export', async () => {
  const shop = await world.connect();
  const [person] = await world.people(shop.merchantId, 1);
  const { data } = await world.as(
    'api',
    (tx, ctx) => exportCustomerData(tx, ctx, { merchantId: shop.merchantId, customerId: person!.customerId }),
    shop.merchantId,
  );
  expect(Object.keys(data)).toEqual([
    'customers',
    'customer_import_errors',
    'customer_import_ids',
    'parked_events',
    'webhook_events',
    'privacy_requests',
    'audit_log',
    'left_out',
  ]);
});
