import { inOrderOfVersions } from './in-order-of-versions.ts';

const rows = (text: string) =>
  text.split(' ').map((name) => ({ name, customerId: name[0]!, version: Number(name[1]) }));

it.each([
  ['a1 b1 a2 b2', 'a1 b1 a2 b2'],
  ['b1 a1 b2 b3 a2', 'b1 a1 b2 b3 a2'],
  ['a2 b1 a1', 'a1 a2 b1'],
  ['a3 b2 a1 b1 a2', 'a1 a2 a3 b1 b2'],
  ['a1 a3 b1 a2 a4', 'a1 a2 a3 b1 a4'],
])('orders %s as %s', (given, published) =>
  expect(
    inOrderOfVersions(rows(given))
      .map(({ name }) => name)
      .join(' '),
  ).toBe(published),
);

it('keeps the order of equal versions', () => {
  const given = ['first', 'second', 'lower'].map((name, n) => ({
    name,
    customerId: 'a',
    version: n < 2 ? 5 : 4,
  }));
  expect(inOrderOfVersions(given).map(({ name }) => name)).toEqual(['lower', 'first', 'second']);
});
