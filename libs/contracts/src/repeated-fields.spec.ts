import { repeatedFields } from './repeated-fields.ts';

it.each<[string, string[]]>([
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"b":{},"a":2,"b":[]}', ['a', 'b']],
  ['{"a":1,"a":null}', ['a']],
  ['{"a":7,"a":"7"}', ['a']],
  ['{"a":9007199254740993,"a":9007199254740992}', ['a']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['{"a_b":1,"aB":2}', ['a_b']],
  ['{"aB":1,"aB":2}', ['a_b']],
  ['{"aB":null,"a_b":1,"aB":2}', ['a_b']],
  ['{"c":{"i":1,"i":2}}', ['c.i']],
  ['{"c":{"admin_id":1,"adminId":2}}', ['c.admin_id']],
  ['{"c":{"i":1},"c":{"i":2}}', ['c']],
  ['{"c":{"i":1,"i":2},"c":{"i":2}}', ['c', 'c.i']],
  ['{"a":"x\\"y","a":"x\\"z"}', ['a']],
  ['{"a":"}","a":","}', ['a']],
  [' {\n"a" : 1 , "a" : 2 } ', ['a']],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
])('finds the fields with two values in %s', (json, fields) => expect(repeatedFields(json)).toEqual(fields));

it.each([
  '{}',
  '[]',
  '7',
  '"{\\"a\\":1,\\"a\\":2}"',
  '[{"a":1,"a":2}]',
  '{"a":1,"b":1}',
  '{"a":1,"a": 1 }',
  '{"a":"A","a":"\\u0041"}',
  '{"a":[1,{"b":2}],"a":[ 1, {"b" :2} ]}',
  '{"a_b":null,"aB":1}',
  '{"a_b":1,"aB":1}',
  '{"a":{"b":{"c":1,"c":2}}}',
  '{"a":[{"b":1,"b":2}]}',
  '{"a":"\\"a\\":2","b":{"a":3}}',
])('finds none in %s', (json) => expect(repeatedFields(json)).toEqual([]));

// The search is one pass without recursion. Other ways to search take minutes or exhaust the stack with one
// of these.
it.each([
  ['a long string', `{"a":"${'\\"'.repeat(500_000)}"}`],
  ['many names', `{${Array.from({ length: 100_000 }, (_, n) => `"a":1,"b${n}":2`).join()}}`],
  ['many levels', `{"a":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_001)}`],
])('reads %s quickly', (_, json) => expect(repeatedFields(json)).toEqual([]));
