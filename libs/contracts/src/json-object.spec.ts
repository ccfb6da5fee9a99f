import { JsonNumber, parseJson, rawNumber } from './inbound/parse-json.ts';
import { isJsonObject, readJsonObject } from './json-object.ts';

it.each([
  ['an object', {}, true],
  ['an object without a prototype', Object.create(null), true],
  ['a list', [], false],
  ['null', null, false],
  ['a text', '{}', false],
  ['undefined', undefined, false],
  ['a number with its source text', new JsonNumber('1'), false],
  ['a number that is written as it was read', rawNumber('1'), false],
])('recognizes whether a value is a JSON object: %s', (_, value, expected) =>
  expect(isJsonObject(value)).toBe(expected),
);

it('distinguishes objects from numbers that keep their source text', () => {
  const { a, b } = parseJson('{"a":1.0,"b":{"c":1}}', rawNumber) as Record<string, unknown>;
  expect([a, b].map(isJsonObject)).toEqual([false, true]);
});

it.each([
  ['{"id":7}', { id: 7 }],
  ['\uFEFF{"id":7}', { id: 7 }],
  [' {} \n', {}],
])('reads the object in %j', (text, object) =>
  expect(readJsonObject(Buffer.from(text))).toMatchObject({ object }),
);

it.each(['', '[]', '[{}]', 'null', '7', '"{}"', '{"email":"ada@example.com"', '{}{}', '\uFEFF\uFEFF{}'])(
  'finds no object in %j',
  (text) => expect(readJsonObject(Buffer.from(text))).toBe('no_object'),
);

it('reports a body that is not UTF-8, and reads invalid bytes within a string', () => {
  const text = '{"id":7,"name":"Jörg"}';
  expect(readJsonObject(Buffer.from(text, 'utf16le'))).toBe('not_utf8');
  expect(readJsonObject(Buffer.from(text.slice(1), 'latin1'))).toBe('not_utf8');
  expect(readJsonObject(Buffer.from(text, 'latin1'))).toMatchObject({ object: { id: 7, name: 'J\ufffdrg' } });
});
