import type { Choices } from '../../requests/choices.ts';
import { raw, type Json } from './json.ts';

/**
 * Numbers as JSON may spell them, also beyond a double. None is an id: two inputs with the same id would be
 * about the same person, and an erasure also removes the deferred events of that person.
 */
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1.50',
  '15e-1',
  '9007199254740993',
  '12345678901234567890',
  '123456789012345678901234567890',
  '0.1000000000000000055511151231257827',
  '1e308',
  '1e-320',
  '1e400',
].map(raw);

const TEXTS = [
  '',
  ' ',
  'x',
  'many',
  'x'.repeat(5_000),
  'a\0b',
  '\0',
  'half an emoji \ud83d',
  'whole \u{1f600}',
  'looks like \\u0000',
  '\u202egnol\u200b\ufeff',
  'no address',
  'Ada@Lovelace@Example.com',
  'gid://shopify/Customer/',
  '__proto__',
  'null',
];

const TIMES = [
  raw('1767312000000.5'),
  '2026-01-02T03:04:05',
  '2026-01-02T03:04:05.123456789Z',
  '2026-01-02T03:04:05+05:30',
  '2026-01-02 03:04:05',
  '2026-06-30T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-13-45T00:00:00Z',
  'yesterday',
];

const OTHERS = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[null]',
  '[[[[[]]]]]',
  '{"key":7}',
  '[null,1,"x",{}]',
  '{"a":{"b":{"c":[1,2,{"d":null}]}}}',
  '{"__proto__":{"email":"x"}}',
].map(raw);

export const fuzzText = (choices: Choices): string => choices.one(TEXTS);

/** Returns a value of any type, in any notation. */
export const fuzzValue = (choices: Choices): Json =>
  choices.one<Json>(choices.one<readonly Json[]>([NUMBERS, TEXTS, TIMES, OTHERS]));

/** Returns a field name that no schema has, or that has a meaning elsewhere. */
export const fuzzName = (choices: Choices): string =>
  choices.one([
    'new_field',
    '__proto__',
    'constructor',
    '',
    'toString',
    'occurred-at',
    'ÄÖ',
    `x${choices.below(99)}`,
  ]);
