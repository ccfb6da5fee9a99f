import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: { d: 1, c: [{ z: 1, y: 2 }] } }, '{"a":{"c":[{"y":2,"z":1}],"d":1},"b":1}'],
    // Sorted at the top level, but not inside an object or an array.
    [{ a: { d: 1, c: 2 }, b: 1 }, '{"a":{"c":2,"d":1},"b":1}'],
    [{ a: [1, { d: 1, c: 2 }] }, '{"a":[1,{"c":2,"d":1}]}'],
    [{ a: 1, b: null, c: [] }, '{"a":1,"b":null,"c":[]}'],
    [{ 10: 1, 9: 2 }, '{"9":2,"10":1}'],
    ['text', '"text"'],
    [null, 'null'],
  ])('sorts the fields of %j by name', (value, json) => {
    expect(canonicalJson(value)).toBe(json);
  });

  it('returns the same text for any order of fields', () => {
    const parts = { number: 7, amount: { currency: 'EUR', value: '1.00' }, tags: ['a', 'b'] };
    const turned = Object.fromEntries(Object.entries(parts).reverse());
    expect(canonicalJson(turned)).toBe(canonicalJson(parts));
  });
});
