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

// External outputs, to the byte: receipts are kept for years, and compared.

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
  place('outbox_events', 'holds our own ids and names of fields; rows go once they are published'),
  place('inbox_events', 'holds ids of events and digests of scores; rows go with their retention'),
  place('audit_log', 'holds our own ids, names of fields and counts; kept as proof'),
  place(
    'dead letters',
    'hold our own ids and scores: the fields of an event alone, and no name of a person, are written',
  ),
  place('import jobs', 'hold ids of imports and slices'),
  place(
    'customer_import_slices',
    "hold counts, and places in the shop's list in the shop's own words, until the import has read on, or 30 days after it was broken off",
  ),
  place(
    'backups',
    'hold what they held until their retention ends; docs/privacy.md says how a restore erases anew',
  ),
];

it('the receipt of a person names each place, in its order', async () => {
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
          place('customer_import_errors'),
          place(
            'customer_import_ids',
            'an import that still meets the id in the shop notes it again, and forgets it when it completes, or 30 days after it was broken off',
          ),
          place('parked_events'),
          place('webhook_events'),
          place(
            'erasure_tombstones',
            '1 written: keyed hashes by which an import knows that the person must not come back',
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

const KEPT = 'another shop of the merchant is connected: kept, for nothing tells which of them it is of';

it.each([
  {
    shops: 1,
    webhooks: '',
    customers: '',
    keys: place(
      'merchant_keys',
      'destroyed; backups open with them until the keyring key that wrapped them is destroyed, too',
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
])('the receipt of a shop names each place, in its order: $shops connected', async (expected) => {
  const shop = await world.connect();
  if (expected.shops > 1) await world.connect(newShop(shop.merchantId));
  await world.newRun(shop);
  // PostgreSQL keeps it as JSON of its own order of fields.
  expect(await redactShop(shop)).toEqual([
    place('customer_import_logs', '', 1, ['runs under way: cancelled']),
    place('import_schedules'),
    place('shop_directory', '', 1, ['rows']),
    place('shopify_connections', '', 1, ['rows']),
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

it('an export names each place, in its order', async () => {
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
