import { customerSource } from './customers.ts';

const shop = 'a.myshopify.com';
const source = customerSource('seed', shop);
const indexes = Array.from({ length: 20_000 }, (_, index) => index);

describe('customerSource', () => {
  it('returns the same person for the same seed, shop and index, and otherwise another one', () => {
    const same = customerSource('seed', shop);
    expect(same.customerAt(999_999)).toEqual(source.customerAt(999_999));
    expect(customerSource('other', shop).customerAt(7)).not.toEqual(source.customerAt(7));
    expect(customerSource('seed', 'b.myshopify.com').customerAt(7)).not.toEqual(source.customerAt(7));
  });

  it('is pinned: a change to the generator would change every stored import', () => {
    expect(source.customerAt(12)).toEqual({
      id: 'gid://shopify/Customer/9000000000416',
      email: 'person.12@example.com',
      firstName: 'Chidi',
      lastName: 'Sample',
      numberOfOrders: '38',
      amountSpent: { amount: '1979.04', currencyCode: 'EUR' },
      tags: [],
      state: 'INVITED',
      locale: 'en',
      rfmGroup: 'ACTIVE',
      verifiedEmail: true,
      createdAt: '2020-01-01T00:32:28Z',
      updatedAt: '2020-06-22T03:15:40Z',
    });
  });

  it('raises ids and creation times with the index, and finds the index of an id', () => {
    for (const index of indexes.slice(1)) {
      const [before, now] = [source.factsAt(index - 1), source.factsAt(index)];
      expect(now.id > before.id && now.createdMs > before.createdMs && now.updatedMs >= now.createdMs).toBe(
        true,
      );
    }
    expect(source.indexOf(source.customerAt(4_321).id)).toBe(4_321);
    expect(source.indexOf('gid://shopify/Customer/1')).toBeUndefined();
    expect(source.indexOf('gid://shopify/Order/1')).toBeUndefined();
  });

  it('has unique normalized emails at example.com, about 1 % without one, some unusual', () => {
    const emails = indexes.map((index) => source.customerAt(index).email);
    const given = emails.filter((email) => email !== null);
    const normalized = given.map((email) => email.normalize('NFKC').trim().toLowerCase());
    expect(new Set(normalized).size).toBe(given.length);
    expect(normalized.every((email) => /^\S+@example\.com$/.test(email))).toBe(true);
    expect((emails.length - given.length) / emails.length).toBeCloseTo(0.01, 2);
    expect(given.some((email) => email !== email.toLowerCase())).toBe(true);
    expect(given.some((email) => email !== email.normalize('NFKC'))).toBe(true);
  });

  it('has an RFM group, PROSPECTS exactly without orders, and sometimes none', () => {
    const groups = indexes.slice(0, 1_000).map((index) => {
      const { rfmGroup, numberOfOrders } = source.customerAt(index);
      if (rfmGroup !== null) expect(rfmGroup === 'PROSPECTS').toBe(numberOfOrders === '0');
      return rfmGroup;
    });
    expect(new Set(groups).size).toBe(12);
  });

  it('has an amount spent only with orders', () => {
    for (const index of indexes.slice(0, 1_000)) {
      const { numberOfOrders, amountSpent } = source.customerAt(index);
      expect(Number(amountSpent.amount) > 0).toBe(Number(numberOfOrders) > 0);
    }
  });
});
