import { getOperationAST, parse } from 'graphql';
import { connectionCost, queryCost } from './cost.ts';
import { loadAdminSchema } from './schema.ts';

const schema = loadAdminSchema('2026-10');
const costOf = (source: string, variables = {}, data?: Record<string, unknown>) => {
  const document = parse(source);
  return queryCost({ schema, document, operation: getOperationAST(document)!, variables }, data);
};

describe('queryCost', () => {
  it.each([
    ['a scalar is free', '{ shop { name } }', 1],
    ['an object is 1', '{ shop { name plan { shopifyPlus } } }', 2],
    ['a count is an object', '{ customersCount { count precision } }', 1],
    ['a page of 250', '{ customers(first: 250) { nodes { id } pageInfo { endCursor } } }', 13],
    ['edges, with the cost of nodes', '{ customers(first: 250) { edges { cursor node { id } } } }', 13],
    ['recorded live: 12 for 150', '{ customers(first: 150) { nodes { id email } } }', 12],
    [
      'each object of a node counts per size',
      '{ customers(first: 250) { nodes { defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } } } }',
      35,
    ],
    ['a connection of 1', '{ customers(first: 1) { nodes { id } } }', 3],
    ['only pageInfo', '{ customers(first: 9) { pageInfo { hasNextPage } } }', 2],
    ['a connection without a size', '{ customers { nodes { id } } }', 3],
    [
      'nested connections multiply',
      '{ customers(first: 250) { nodes { orders(first: 250) { nodes { id } } } } }',
      156,
    ],
    [
      'a fragment',
      'fragment C on Customer { amountSpent { amount } } { customers(first: 250) { nodes { id ...C } } }',
      24,
    ],
    ['a skipped field', '{ shop { name plan @skip(if: true) { shopifyPlus } } }', 1],
    [
      'a union or interface: its largest selection',
      '{ node(id: "gid://shopify/Shop/1") { ... on Customer { amountSpent { amount } } ... on Shop { name } } }',
      2,
    ],
  ])('computes the cost: %s', (_, source, cost) => expect(costOf(source)).toBe(cost));

  it('reads the size from a variable', () => {
    expect(costOf('query P($n: Int!) { customers(first: $n) { nodes { id } } }', { n: 250 })).toBe(13);
  });

  it.each([
    ['counts the nodes returned', { customers: { nodes: [{}, {}, {}] } }, 4],
    ['keeps the floor of an empty page (recorded live: 3)', { customers: { nodes: [] } }, 3],
    ['charges nothing for a null', { customers: null }, 0],
  ])('for a result, %s', (_, data, cost) => {
    expect(costOf('{ customers(first: 250) { nodes { id } } }', {}, data)).toBe(cost);
  });

  it('never decreases as a connection grows', () => {
    const costs = Array.from({ length: 250 }, (_, n) => connectionCost(n + 1, 3));
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
  });
});
