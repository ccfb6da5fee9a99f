import type { Choices } from '../requests/choices.ts';

/** A field by its name and its value as JSON, so that each digit of a number is the generator's own. */
export type Field = readonly [name: string, json: string];

export const asJson = (value: unknown): string => JSON.stringify(value);

/** An object of fields, in one of the spellings that JSON allows: spaces, order, escapes, camelCase. */
export function writeObject(fields: readonly Field[], choices: Choices): string {
  const space = () => choices.one(['', '', '', ' ', '\n', '\t \r\n']);
  const camel = choices.seldom(4);
  const escaped = choices.seldom(6);
  const name = (one: string) =>
    camel ? one.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : one;
  const text = (one: string) => (escaped ? escape(one, choices) : asJson(one));
  const written = fields.map(
    ([one, json]) => `${space()}${text(name(one))}${space()}:${space()}${json}${space()}`,
  );
  // Of a field that stands twice the last one counts: those keep their order.
  const turned = choices.seldom(3) ? written.reverse() : written;
  return `{${turned.join(',') || space()}}`;
}

const escape = (text: string, choices: Choices): string =>
  `"${[...text]
    .map((letter) =>
      choices.seldom(3) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
    )
    .join('')}"`;

const STRANGE = [
  'null',
  'true',
  'false',
  '""',
  '" "',
  '0',
  '-0',
  '-1',
  '1e308',
  '1e-320',
  '123456789012345678901234567890',
  '0.1000000000000000055511151231257827',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e\\ufeff"',
  '"1767312000000"',
  '1767312000000',
  '"2026-01-02 00:00:00"',
  '"soon"',
  '[]',
  '{}',
  '[[[[[]]]]]',
  '[null,1,"x",{}]',
  '{"a":{"b":{"c":[1,2,{"d":null}]}}}',
  '{"__proto__":{"email":"x"}}',
];

/** A value of any type. */
export const strangeValue = (choices: Choices): string =>
  choices.seldom(10) ? asJson('x'.repeat(choices.below(2_000))) : choices.one(STRANGE);

/** A name that no schema has, or that means something elsewhere. */
export const strangeName = (choices: Choices): string =>
  choices.one([
    'phone',
    '__proto__',
    'constructor',
    '',
    'toString',
    'occurred-at',
    'ÄÖ',
    'data',
    `x${choices.below(99)}`,
  ]);
