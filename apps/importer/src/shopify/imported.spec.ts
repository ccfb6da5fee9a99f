import { toImported } from './customer-node.ts';
import { gidOf } from '@core/domain';
import { idOf } from './imported.ts';
import { fromRest } from './rest-customer.ts';

const node = {
  id: 'gid://shopify/Customer/7',
  defaultEmailAddress: { emailAddress: 'Ada@example.com' },
  numberOfOrders: '12',
  amountSpent: { amount: '120.3', currencyCode: 'EUR' },
  tags: ['vip', 'early bird'],
  state: 'ENABLED',
  createdAt: '2026-01-02T03:04:05Z',
  updatedAt: '2026-02-03T04:05:06Z',
};
const row = {
  id: 7,
  email: 'Ada@example.com',
  orders_count: 12,
  total_spent: '120.30',
  tags: 'vip, early bird',
  state: 'enabled',
  created_at: '2026-01-01T22:04:05-05:00',
  updated_at: '2026-02-02T23:05:06-05:00',
};

describe('a customer', () => {
  it('is kept without what is PII, but for the email', () => {
    expect(toImported(node)).toEqual({
      externalId: 'gid://shopify/Customer/7',
      email: 'Ada@example.com',
      metadata: {
        number_of_orders: 12,
        amount_spent: { amount: '120.30', currency: 'EUR' },
        tags: ['early bird', 'vip'],
        state: 'ENABLED',
        created_at: '2026-01-02T03:04:05Z',
      },
      sourceUpdatedAt: new Date('2026-02-03T04:05:06Z'),
    });
  });

  it('is the same by REST', () => {
    expect(fromRest(row, 'EUR')).toEqual(toImported(node));
    expect(fromRest({ ...row, email: null, tags: '' }, 'EUR')).toEqual(
      toImported({ ...node, defaultEmailAddress: null, tags: [] }),
    );
  });

  it.each([
    ['0.0', '0.00'],
    ['1200', '1200.00'],
    ['1.250', '1.25'],
    ['1.255', '1.255'],
    ['-3.5', '-3.50'],
    ['12345678901234567.89', '12345678901234567.89'],
  ])('spent %p, which is %p', (amount, kept) => {
    const { metadata } = toImported({ ...node, amountSpent: { amount, currencyCode: 'EUR' } });
    expect(metadata.amount_spent).toEqual({ amount: kept, currency: 'EUR' });
  });

  it('does not fail its page by a time that is none', () => {
    expect(toImported({ ...node, createdAt: 'never' }).metadata.created_at).toBe('never');
  });

  it('has a number in its id', () => {
    expect(gidOf(idOf(node.id))).toBe(node.id);
  });

  it('of whom the source says less than it promises fails alone', () => {
    const broken = { externalId: node.id, email: null, fault: 'unreadable_customer' };
    for (const field of ['amountSpent', 'tags', 'state']) {
      expect(toImported({ ...node, [field]: null })).toMatchObject(broken);
    }
    expect(fromRest({ ...row, tags: null as unknown as string }, 'EUR')).toMatchObject(broken);
  });
});
