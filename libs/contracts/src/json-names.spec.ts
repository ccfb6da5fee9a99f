import { plainNames, readJson } from './json-names.ts';

/** JSON after which JSON.parse misreads a name, the JSON that it then misreads, and the name. */
const MISREAD: [string, string, string][] = [
  ['{"a1":0,"\\\\":1}', '{"a1":0,"\\n":1}', '\n'],
  ['{"a2":0,"\\\\":1}', '{"a2":0,"\\"":1}', '"'],
  ['{"a3":0,"\\\\":1}', '{"a3":0,"\\u00e9":1}', '\u00e9'],
  ['{"a4":0,"\\\\u":1}', '{"a4":0,"\\u00e9x":1}', '\u00e9x'],
  ['{"a5":0,"gr\\\\u0":1}', '{"a5":0,"gr\\u00f6\\u00dfe":1}', 'gr\u00f6\u00dfe'],
];

it.each(MISREAD)('reads, after %s, %s with the name %j', (before, json, name) => {
  readJson(before);
  const read = readJson(json) as object;
  expect(Object.keys(read)[1]).toBe(name);
});

// When this fails, V8 is fixed: delete json-names.ts and call JSON.parse.
it.each(MISREAD)(
  'is still needed: JSON.parse reads, after %s, %s without the name %j',
  (before, json, name) => {
    const [, other] = Object.keys(JSON.parse(before) as object);
    expect(Object.keys(JSON.parse(json) as object)[1]).toBe(other);
    expect(other).not.toBe(name);
  },
);

it.each([
  'null',
  '"a\\nb"',
  '{"a":"\\":\\"","b":["\\n",{"c":"x\\\\"}]}',
  '{"\\n":{"\\"":[{"\\\\":1}]},"__proto__":{"\\n":"\\n"},"\\u0000":2}',
  '{ "\\n" : 1 , "x" : [ "\\\\" , { "\\t":2 } ] }',
  '{"\ue0000":1,"\\ue0001":2,"\\n":3,"\\t":4}',
  '{"\\ud83d":1,"\\ud83d\\ude00":2}',
  '{"\\u005f_proto__":1}',
])('reads %s like JSON.parse', (json) => {
  // Both have the same order of names, so only the values are compared.
  expect(JSON.stringify(readJson(json))).toBe(JSON.stringify(JSON.parse(json)));
});

it('leaves JSON without a backslash unchanged', () => {
  const json = '{"a":{"b":["\ue000"]}}';
  expect(plainNames(json).json).toBe(json);
});

it('uses one stand-in for a repeated name, and none for a name that needs no escape', () => {
  const { json } = plainNames('{"\\n":1,"\\u000a":2,"\\u00e9":3}');
  expect(json).toBe('{"\ue0000":1,"\ue0000":2,"\u00e9":3}');
});

it.each(['{"\\x":1}', '{"\\n":', '{"a\n\\n":1}', '\\'])('refuses %j', (json) =>
  expect(() => readJson(json)).toThrow(SyntaxError),
);

// A search for the end of the string from each of its quotes would take minutes.
it('quickly refuses an unterminated string of half a million quotes', () =>
  expect(() => readJson(`{"a":"${'\\"'.repeat(524_288)}`)).toThrow(SyntaxError));
