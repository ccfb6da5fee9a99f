import { age, bytes, printable, table, joinWithVerb, toJson } from './print.ts';

it('formats a table with numbers aligned to the right', () => {
  expect(
    table(
      ['topic', 'lag'],
      [
        ['rfm.updated', 7],
        ['a', 1200n],
      ],
    ),
  ).toEqual(['topic         lag', 'rfm.updated     7', 'a            1200']);
  expect(table(['topic', 'lag'], [])).toEqual(['topic  lag']);
});

it('escapes control characters of foreign text', () => {
  expect(printable('a\u001b[2Jb\nc\u009bé')).toBe('a\\u001b[2Jb\\u000ac\\u009bé');
});

it.each([
  [0, '0s'],
  [59.9, '59s'],
  [60, '1m'],
  [7_300, '2h'],
  [200_000, '2d'],
  [-3, '0s'],
])('formats %d seconds as %s', (seconds, text) => expect(age(seconds)).toBe(text));

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [8_192, '8.19 kB'],
  [1_500_000_000, '1.5 GB'],
])('formats %d bytes as %s', (n, text) => expect(bytes(n)).toBe(text));

it.each([
  [['a'], 'a is'],
  [['a', 'b'], 'a and b are'],
  [['a', 'b', 'c'], 'a, b and c are'],
])('joins %j to "%s"', (names, joined) => expect(joinWithVerb(names)).toBe(joined));

it('writes 64-bit integers as JSON numbers', () =>
  expect(toJson({ offset: 3n })).toBe('{\n  "offset": 3\n}'));
