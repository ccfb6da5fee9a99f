import { fieldGivenTwice, JsonFields } from './json-fields.ts';

it.each<[string, string, readonly string[]]>([
  ['a', '{"a":1,"a":2}', ['1', '2']],
  ['a', '{"a":1,"b":[],"a": 1 }', ['1']],
  ['a_b', '{"a_b":null,"aB":"x","aB":"","aB":" \\n"}', ['"x"']],
  ['a', '{"b":{"a":1}}', []],
  ['a', '{}', []],
])('returns the values of %s in %s', (name, json, given) =>
  expect(new JsonFields(json).given(name)).toEqual(given),
);

it('merges the objects of a repeated field', () =>
  expect(new JsonFields('{"c":{"i":1},"c":null,"c":{"i":2},"c":7}').within('c').given('i')).toEqual([
    '1',
    '2',
  ]));

it('returns an object with the names of the schema and the values that are not empty', () =>
  expect(
    new JsonFields('{"aB":"","a_b":7,"c":{"dE":null,"dE":[{"xY":1}]},"c":null,"e":null}').toObject(),
  ).toEqual({ a_b: 7, c: { d_e: [{ xY: 1 }] }, e: null }));

it('reads next to deeply nested values, and handles names such as __proto__', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const fields = new JsonFields(`{"x":${deep},"__proto__":{"a":1},"c":{"y":{"a":${deep}},"i":7}}`);
  expect([fields.given('a'), fields.within('c').given('i')]).toEqual([[], ['7']]);
  expect(Object.hasOwn(fields.toObject(), '__proto__')).toBe(true);
});

it.each<[string, string | undefined]>([
  ['{"id":1,"id":2}', 'id'],
  ['{"id":1,"id":"1"}', undefined],
  ['{"id":1,"id":null}', undefined],
  ['{"note":1,"note":2}', undefined],
  ['{"c":{"id":1},"c":{"id":2}}', 'c.id'],
  ['{"c":{"id":1,"note":1},"c":{"id":1,"note":2}}', undefined],
])('finds the used field with two values in %s', (json, field) =>
  expect(fieldGivenTwice(new JsonFields(json), { id: String, 'c.id': String })).toBe(field),
);
