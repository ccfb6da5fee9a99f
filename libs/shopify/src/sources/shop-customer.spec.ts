import { gidOf } from '@core/contracts';
import { readNode, readNodes } from './graphql/customer-node.ts';
import { numberOf } from './shop-customer.ts';
import { readRow } from './rest/rest-customer.ts';

type Node = NonNullable<Parameters<typeof readNode>[0]>;
type Row = NonNullable<Parameters<typeof readRow>[0]>;
/** Replies are cast, so a field may contain any value. */
const toImported = (fields: Record<string, unknown>) => readNode(fields as unknown as Node).customer;
const fromRest = (fields: Record<string, unknown>) => readRow(fields as unknown as Row, 'EUR', true).customer;

const node = {
  id: 'gid://shopify/Customer/7',
  defaultEmailAddress: { emailAddress: 'Ada@example.com' },
  numberOfOrders: '12',
  amountSpent: { amount: '120.3', currencyCode: 'EUR' },
  tags: ['vip', 'early bird'],
  state: 'ENABLED',
  statistics: { rfmGroup: 'AT_RISK' },
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
  it('has no PII except the email', () => {
    expect(toImported(node)).toEqual({
      externalId: 'gid://shopify/Customer/7',
      email: 'Ada@example.com',
      metadata: {
        number_of_orders: 12,
        amount_spent: { amount: '120.30', currency: 'EUR' },
        tags: ['early bird', 'vip'],
        state: 'ENABLED',
        rfm_group: 'AT_RISK',
        created_at: '2026-01-02T03:04:05Z',
      },
      sourceUpdatedAt: new Date('2026-02-03T04:05:06Z'),
    });
  });

  it('is the same through REST, without the RFM group', () => {
    const { statistics: _, ...common } = node;
    expect(fromRest(row)).toEqual(toImported(common));
    expect(fromRest({ ...row, email: null, tags: '' })).toEqual(
      toImported({ ...common, defaultEmailAddress: null, tags: [] }),
    );
  });

  it.each([['CHAMPIONS'], ['PROSPECTS'], [null]])('has the RFM group %j', (rfmGroup) => {
    const { metadata, leftOut } = toImported({ ...node, statistics: { rfmGroup } });
    expect([metadata.rfm_group, leftOut]).toEqual([rfmGroup, undefined]);
  });

  it.each([
    { rfmGroup: 'SUPERSTARS' },
    { rfmGroup: 'at_risk' },
    { rfmGroup: '' },
    { rfmGroup: 7 },
    {},
    [],
    'x',
  ])('leaves out the RFM group, with the reason, for the statistics %j', (statistics) => {
    const { rfm_group: _, ...rest } = toImported(node).metadata;
    const leftOut = ['unknown_rfm_group'];
    expect(toImported({ ...node, statistics })).toEqual({ ...toImported(node), metadata: rest, leftOut });
  });

  it.each([
    ['0.0', '0.00'],
    ['1200', '1200.00'],
    ['1.250', '1.25'],
    ['1.255', '1.255'],
    ['-3.5', '-3.50'],
    ['12345678901234567.89', '12345678901234567.89'],
  ])('has the amount %p as %p', (amount, kept) => {
    const { metadata } = toImported({ ...node, amountSpent: { amount, currencyCode: 'EUR' } });
    expect(metadata.amount_spent).toEqual({ amount: kept, currency: 'EUR' });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['number_of_orders', { numberOfOrders: 'many' }, { orders_count: 'many' }, 'invalid_number_of_orders'],
    ['number_of_orders', { numberOfOrders: '' }, { orders_count: '' }, 'invalid_number_of_orders'],
    ['number_of_orders', { numberOfOrders: '-1' }, { orders_count: -1 }, 'invalid_number_of_orders'],
    ['number_of_orders', { numberOfOrders: '1.5' }, { orders_count: 1.5 }, 'invalid_number_of_orders'],
    ['number_of_orders', { numberOfOrders: '1e3' }, { orders_count: [1] }, 'invalid_number_of_orders'],
    [
      'number_of_orders',
      { numberOfOrders: '9007199254740993' },
      { orders_count: 2 ** 53 },
      'invalid_number_of_orders',
    ],
    [
      'amount_spent',
      { amountSpent: { amount: 'lots', currencyCode: 'EUR' } },
      { total_spent: 'lots' },
      'invalid_amount_spent',
    ],
    [
      'amount_spent',
      { amountSpent: { amount: '1e3', currencyCode: 'EUR' } },
      { total_spent: {} },
      'invalid_amount_spent',
    ],
    [
      'amount_spent',
      { amountSpent: { amount: '1', currencyCode: null } },
      { total_spent: '1,5' },
      'invalid_amount_spent',
    ],
    ['created_at', { createdAt: 'never' }, { created_at: 'never' }, 'invalid_created_at'],
    ['created_at', { createdAt: 7 }, { created_at: 7 }, 'invalid_created_at'],
    [
      'amount_spent',
      { amountSpent: { amount: { toString: 1 }, currencyCode: 'EUR' } },
      { total_spent: ['120.30'] },
      'invalid_amount_spent',
    ],
    ['created_at', { createdAt: '2026-02-30T00:00:00Z' }, { created_at: '2021-02-29' }, 'invalid_created_at'],
    [
      'created_at',
      { createdAt: '2026-06-01T24:00:00Z' },
      { created_at: { toString: 1 } },
      'invalid_created_at',
    ],
    ['created_at', { createdAt: '2026-13-01T00:00:00Z' }, { created_at: '2026' }, 'invalid_created_at'],
  ])('leaves out %s, with the reason, when it is %j, or %j in REST', (field, inNode, inRow, reason) => {
    for (const [whole, part] of [
      [toImported(node), toImported({ ...node, ...inNode })],
      [fromRest(row), fromRest({ ...row, ...inRow })],
    ] as const) {
      const { [field]: _, ...rest } = whole.metadata;
      expect(part).toEqual({ ...whole, metadata: rest, leftOut: [reason] });
    }
  });

  it.each(['-0', '0.0'])('has zero orders for the number %s', (number) => {
    const { metadata } = fromRest(JSON.parse(JSON.stringify(row).replace(':12', `:${number}`)) as typeof row);
    expect(metadata.number_of_orders).toBe(0);
  });

  it.each([{}, 7, [], { emailAddress: 7 }])('gets an email that cannot be stored for %j', (email) => {
    for (const given of [
      toImported({ ...node, defaultEmailAddress: email }),
      fromRest({ ...row, email: [email] }),
    ])
      expect(given).toMatchObject({ email: '?', metadata: fromRest(row).metadata });
  });

  it.each([null, undefined, 7, 'never', '2026', '', '2026-02-30T00:00:00Z', ['2026-02-03T04:05:06Z']])(
    'has no valid time of its last change for %j',
    (updated) => {
      for (const given of [
        toImported({ ...node, updatedAt: updated }),
        fromRest({ ...row, updated_at: updated }),
      ])
        expect(given.sourceUpdatedAt.getTime()).toBeNaN();
    },
  );

  it('provides the number in its id', () => {
    expect(gidOf(numberOf(node.id)!)).toBe(node.id);
  });

  const EMPTIED = { amount_spent: null, created_at: null, number_of_orders: null, state: null, tags: [] };
  const none = (of: object) => Object.fromEntries(Object.keys(of).map((field) => [field, null]));

  it('keeps null values, with an empty list for tags, from every source', () => {
    const { id, updatedAt } = node;
    const expected = { externalId: id, email: null, metadata: EMPTIED };
    expect(toImported({ ...none(node), id, updatedAt })).toMatchObject({
      ...expected,
      metadata: { ...EMPTIED, rfm_group: null },
    });
    expect(fromRest({ ...none(row), id: 7, updated_at: updatedAt })).toMatchObject(expected);
  });

  it('leaves out fields that the source does not report', () => {
    const { id, updatedAt } = node;
    for (const customer of [toImported({ id, updatedAt }), fromRest({ id: 7, updated_at: updatedAt })]) {
      expect([customer.email, customer.metadata, customer.leftOut]).toEqual([undefined, {}, undefined]);
    }
  });

  it('fails alone when a field has an unexpected type', () => {
    const broken = { externalId: node.id, metadata: {}, fault: 'unreadable_customer' };
    for (const field of ['amountSpent', 'tags', 'state'])
      expect(toImported({ ...node, [field]: 7 })).toMatchObject(broken);
    expect(toImported({ ...node, tags: ['vip', null] })).toMatchObject(broken);
    for (const value of [7, ['vip']]) expect(fromRest({ ...row, tags: value })).toMatchObject(broken);
    expect(fromRest({ ...row, state: 7 })).toMatchObject(broken);
  });

  it.each([undefined, null, '', 'x', 'gid://shopify/Order/7', 'gid://shopify/Customer/0', 0, 7.5, {}])(
    'fails alone without an id: %j',
    (id) => {
      const [one, other] = [
        { ...node, id },
        { ...node, id, numberOfOrders: '13' },
      ] as unknown as [Node, Node];
      const { customers, ids } = readNodes([one, node, other], false);
      expect(ids).toEqual([7]);
      expect(readNodes([one, node, other], true)).toEqual({ customers: [], ids: [7] });
      expect(customers.map(({ fault }) => fault)).toEqual([
        'invalid_external_id',
        undefined,
        'invalid_external_id',
      ]);
      // Distinct, reproducible, and derived from no personal data.
      const [first, , third] = customers;
      expect(first!.externalId).toMatch(/^unidentified-[0-9a-f]{16}$/);
      expect(third!.externalId).not.toBe(first!.externalId);
      expect(readNode({ ...one, defaultEmailAddress: null, tags: [] }).customer.externalId).toBe(
        first!.externalId,
      );
      expect(fromRest({ ...row, id })).toMatchObject({ fault: 'invalid_external_id' });
    },
  );

  it.each([null, 7, 'x', [], {}])('fails alone when it is %j', (given) => {
    const read = [readNode(given as unknown as Node), readRow(given as unknown as Row, 'EUR', true)];
    for (const each of read)
      expect(each).toMatchObject({ id: null, customer: { fault: 'invalid_external_id' } });
  });

  it('is also recognized by a number as its id', () => {
    for (const id of [7, '7', 'gid://shopify/Customer/7'])
      expect(toImported({ ...node, id }).externalId).toBe('gid://shopify/Customer/7');
  });
});
