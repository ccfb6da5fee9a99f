import { randomBytes } from 'node:crypto';
import type { Shop } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import { CustomersWithheld, EmailsWithheld } from '../src/answers/errors.ts';
import { readCustomerAccess } from '../src/read-customer-access.ts';
import { fetchByIds } from '../src/sources/graphql/by-ids.ts';
import type { ShopCustomer } from '../src/sources/shop-customer.ts';
import { ask, distinct, expectedOf, numberOf, readAll, useSources } from './sources-driver.ts';

// Shopify withholds emails from an app without level 2 of protected customer data. A null that means this
// must never be read as a value: it would empty the stored email.

const seed = randomBytes(4).toString('hex');
const open = useSources(seed);

const withoutEmails = (customers: ShopCustomer[]) =>
  customers.map((customer) => ({ ...customer, email: undefined }));
const emptyAll = (shop: Shop, indexes = Array.from({ length: shop.customers }, (_, n) => n)) => {
  for (const index of indexes) shop.edit(shop.get(index)!.id, { email: null });
};

describe.each(['graphql', 'rest', 'bulk'] as const)(
  `without emails, the source %s (seed ${seed})`,
  (name) => {
    const source = () => open().sources[name];

    it('reads all other fields, and reports no email instead of null', async () => {
      const shop = open().shop(1_130);
      shop.approval = 'no-fields';
      const read = await readAll(source(), shop, { withoutEmail: true });
      expect(distinct(read.customers)).toEqual(withoutEmails(expectedOf(shop, name)));
      expect(read.customers.every(({ email }) => email === undefined)).toBe(true);
      expect(read.ids).toHaveLength(1_130);
    });

    it('refuses to read emails, and reads the same cursor without them, whenever access is lost', async () => {
      const shop = open().shop(1_130);
      const seen: ShopCustomer[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 2; page++) {
        const { next, customers } = await source().fetch(ask(shop, cursor));
        seen.push(...customers);
        cursor = next;
        await waitUntil(() => shop.bulk.list().every(({ endedMs }) => endedMs !== null), {
          what: 'the file',
        });
      }
      shop.approval = 'no-fields';
      if (name !== 'bulk') await expect(source().fetch(ask(shop, cursor))).rejects.toThrow(EmailsWithheld);
      const rest = await readAll(source(), shop, { withoutEmail: true, cursor });
      expect(rest.customers.every(({ email }) => email === undefined)).toBe(true);
      expect(new Set([...seen, ...rest.customers].map(({ externalId }) => externalId)).size).toBe(1_130);
    });

    it.each(['first', 'last'] as const)(
      'reads null where all but the %s customers have no email',
      async (kept) => {
        const shop = open().shop(60);
        emptyAll(
          shop,
          Array.from({ length: 40 }, (_, n) => (kept === 'first' ? n + 20 : n)),
        );
        expect(distinct((await readAll(source(), shop)).customers)).toEqual(expectedOf(shop, name));
      },
    );

    it('reads no null where the shop does not show that it is true', async () => {
      const shop = open().shop(60);
      emptyAll(shop);
      const reading = readAll(source(), shop);
      // GraphQL would refuse an email that it withholds.
      if (name === 'graphql')
        expect((await reading).customers.every(({ email }) => email === null)).toBe(true);
      else await expect(reading).rejects.toThrow(EmailsWithheld);
    });
  },
);

describe('a bulk operation', () => {
  it('that was running when access was lost is not taken for empty emails', async () => {
    const shop = open().shop(900);
    shop.bulk.pace.rowsPerSecond = 0;
    const { next } = await open().sources.bulk.fetch(ask(shop));
    shop.approval = 'no-fields';
    shop.bulk.pace.rowsPerSecond = Infinity;
    await waitUntil(() => shop.bulk.list()[0]!.status === 'COMPLETED', { what: 'the operation to complete' });
    await expect(open().sources.bulk.fetch(ask(shop, next))).rejects.toThrow(EmailsWithheld);
    const read = await readAll(open().sources.bulk, shop, { withoutEmail: true, cursor: next });
    expect(distinct(read.customers)).toEqual(withoutEmails(expectedOf(shop)));
    expect(shop.bulk.list()).toHaveLength(1);
  });

  it('that Shopify fails because of the email runs again without it', async () => {
    const shop = open().shop(300);
    shop.bulk.pace.failures.push({ afterRows: 0, errorCode: 'ACCESS_DENIED' });
    const { next } = await open().sources.bulk.fetch(ask(shop));
    await waitUntil(() => shop.bulk.list()[0]!.status === 'FAILED', { what: 'the operation to fail' });
    await expect(open().sources.bulk.fetch(ask(shop, next))).rejects.toThrow(EmailsWithheld);
    const read = await readAll(open().sources.bulk, shop, { withoutEmail: true, cursor: next });
    expect(distinct(read.customers)).toEqual(withoutEmails(expectedOf(shop)));
    expect(shop.bulk.list().map(({ query }) => query.includes('emailAddress'))).toEqual([false, true]);
  });

  it('that Shopify fails without the email, too, names level 1', async () => {
    const shop = open().shop(300);
    shop.bulk.pace.failures.push({ afterRows: 0, errorCode: 'ACCESS_DENIED' });
    const reading = readAll(open().sources.bulk, shop, { withoutEmail: true });
    await expect(reading).rejects.toThrow(CustomersWithheld);
  });
});

it('requests customers by id without emails', async () => {
  const shop = open().shop(40);
  shop.approval = 'no-fields';
  const client = open().client(shop);
  const ids = [...shop.all()].map(numberOf);
  await expect(fetchByIds({ client, withoutEmail: false }, ids)).rejects.toThrow(EmailsWithheld);
  const found = await fetchByIds({ client, withoutEmail: true }, ids);
  expect(found.customers).toEqual(withoutEmails(expectedOf(shop)));
});

it.each([
  ['full', 40, 'all'],
  ['no-fields', 40, 'no_email'],
  ['none', 40, 'none'],
  ['none', 0, 'none'],
  ['no-fields', 0, undefined],
] as const)(
  'learns the access of an app with the approval %s to %i customers: %s',
  async (approval, n, access) => {
    const shop = open().shop(n);
    shop.approval = approval;
    expect(await readCustomerAccess(open().client(shop))).toBe(access);
  },
);

it.each([
  ['full', 'all'],
  ['no-fields', 'no_email'],
] as const)('learns the approval %s when only a late customer has an email', async (approval, access) => {
  const shop = open().shop(60);
  emptyAll(
    shop,
    Array.from({ length: 59 }, (_, n) => n),
  );
  shop.edit(shop.get(59)!.id, { email: 'late@example.com' });
  shop.approval = approval;
  expect(await readCustomerAccess(open().client(shop))).toBe(access);
});

it('learns nothing about emails from customers without one', async () => {
  const shop = open().shop(10);
  emptyAll(shop);
  shop.approval = 'no-fields';
  expect(await readCustomerAccess(open().client(shop))).toBeUndefined();
});
