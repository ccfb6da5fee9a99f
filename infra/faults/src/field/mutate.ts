import type { Choices } from '../requests/choices.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Text of JSON that no value gives: JSON.stringify is not asked for it. */
const RAW = '\u{f8ff}raw:';
const raw = (text: string): string => `${RAW}${text}${RAW}`;

/**
 * Numbers as JSON may spell them, beyond what a double holds as well. None is an id: two inputs with the same one would
 * be about the same person, and whoever is erased takes along what waits of them.
 */
const NUMBERS = ['1.50', '15e-1', '-0', '9007199254740993', '1e400', '12345678901234567890', '0.1', '-7'].map(
  raw,
);

const TEXTS = [
  '',
  ' ',
  'x',
  'many',
  'x'.repeat(5_000),
  'a\0b',
  'half an emoji \ud83d',
  'whole \u{1f600}',
  'looks like \\u0000',
  '\u202egnol\u200b',
  'no address',
  'Ada@Lovelace@Example.com',
  'gid://shopify/Customer/',
  '__proto__',
  'null',
  '123',
];

const TIMES = [
  1_767_312_000_000.5,
  '2026-01-02T03:04:05',
  '2026-01-02T03:04:05.123456789Z',
  '2026-01-02T03:04:05+05:30',
  '2026-01-02 03:04:05',
  '2026-06-30T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  'yesterday',
  '2026-13-45T00:00:00Z',
];

const ANYTHING: (() => Json)[] = [
  () => null,
  () => true,
  () => 0,
  () => [],
  () => ({}),
  () => [null],
  () => ({ key: 7 }),
];

/** What may befall the value of a field; undefined: the field is left out. */
function mutated(choices: Choices, value: Json): Json | undefined {
  switch (choices.below(8)) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
      return choices.one(NUMBERS);
    case 3:
      return choices.one(TEXTS);
    case 4:
      return choices.one(TIMES);
    case 5:
      return choices.one(ANYTHING)();
    case 6:
      return choices.seldom(2) ? [value] : { value };
    default:
      return respelt(choices, value);
  }
}

/** The same in another type, or in other letters. */
function respelt(choices: Choices, value: Json): Json {
  if (typeof value === 'number') return choices.seldom(2) ? String(value) : raw(`${value}.0`);
  if (typeof value !== 'string') return String(value);
  return choices.one([
    value.toUpperCase(),
    ` ${value} `,
    `${value}\n`,
    value.split(''),
    Number(value) || value.length,
  ]);
}

/**
 * Mutates one to three fields, at any depth.
 * @param only the top fields that may be mutated; all of them where it is not said
 */
export function mutateFields(choices: Choices, object: JsonObject, only = Object.keys(object)): JsonObject {
  const copy = structuredClone(object);
  for (let left = 1 + choices.below(3); left > 0; left--) {
    if (choices.seldom(12)) copy[choices.one(['constructor', 'new_field', ''])] = choices.one(TEXTS);
    else mutateOne(choices, copy, choices.one(only));
  }
  return copy;
}

function mutateOne(choices: Choices, object: JsonObject, name: string): void {
  const value = object[name];
  const inner =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
  if (inner.length > 0 && !choices.seldom(3))
    return mutateOne(choices, value as JsonObject, choices.one(inner));
  const next = mutated(choices, value ?? null);
  if (next === undefined) Reflect.deleteProperty(object, name);
  else object[name] = next;
}

/** JSON text, with the numbers that no double holds. */
export const toText = (value: Json): string =>
  JSON.stringify(value).replace(/"\uf8ffraw:([^"]*)\uf8ffraw:"/g, '$1');

/** The same JSON in other bytes. */
export function respell(choices: Choices, text: string): Buffer {
  switch (choices.below(5)) {
    case 0:
      return Buffer.from(`\u{feff}${text}`);
    case 1:
      return Buffer.from(` \r\n\t${text}\n`);
    case 2:
      // In its strings alone, and not in those that have an escape already.
      return Buffer.from(text.replace(/"[^"\\]*"/g, (quoted) => quoted.replace(/[@a-z]/g, escaped)));
    default:
      return Buffer.from(text);
  }
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Bytes that are not the JSON any more, or none. */
export function spoil(choices: Choices, text: string): Buffer {
  const bytes = Buffer.from(text);
  return choices.one([
    Buffer.alloc(0),
    bytes.subarray(0, choices.below(bytes.length)),
    Buffer.concat([bytes, Buffer.from('}')]),
    Buffer.from(`[${text}]`),
    Buffer.from(text, 'utf16le'),
    Buffer.concat([bytes.subarray(0, bytes.length - 2), Buffer.from([0xff, 0xfe]), bytes.subarray(-2)]),
    Buffer.from('<html><body>503</body></html>'),
    Buffer.from('null'),
    Buffer.from('"text"'),
  ]);
}
