import {
  DEEPEST_METADATA,
  LARGEST_METADATA,
  METADATA_PROBLEMS,
  metadataProblem,
  storableText,
  textProblem,
  type MetadataProblem,
} from './storable.ts';

const nested = (levels: number, list = false): object => {
  let value: unknown = 'x';
  for (let n = 1; n < levels; n++) value = list ? [value] : { a: value };
  return { a: value };
};
/** Returns metadata of exactly this many bytes as JSON. */
const ofBytes = (bytes: number, letter = 'x') => {
  const room = bytes - '{"note":""}'.length;
  return { note: letter.repeat(room / Buffer.byteLength(JSON.stringify(letter).slice(1, -1))) };
};

it.each<[string, object]>([
  ['no fields', {}],
  ['an empty name', { '': '' }],
  ['any name', JSON.parse('{"__proto__":{"__proto__":1},"constructor":2,"toString":"x"}') as object],
  ['a long name', { ['x'.repeat(60_000)]: 1 }],
  ['text that looks like an escape', { '\\ud83d': '\\u0000 \\ud83d \\\\ud83d' }],
  ['whole pairs', { '\u{1f600}': '\u{1f600}\u{10ffff}' }],
  ['other control characters', { a: '\u0001\b\t\n\u007f\u0085\u2028\ufeff\uffff' }],
  ['numbers of every size', { a: [0, -0, 0.1, 5e-324, 1.7976931348623157e308, -1e21, 2 ** 53] }],
  ['every other kind', { a: [null, true, false, {}, []] }],
  ['the maximum number of levels', nested(DEEPEST_METADATA)],
  ['the maximum number of nested lists', nested(DEEPEST_METADATA, true)],
  ['the maximum number of bytes', ofBytes(LARGEST_METADATA)],
  ['the maximum number of bytes in escapes', ofBytes(LARGEST_METADATA - 1, '\n')],
])('accepts metadata with %s', (_, metadata) => expect(metadataProblem(metadata)).toBeUndefined());

it.each<[MetadataProblem, string, object]>([
  ['characters', 'NUL in a value', { a: [{ b: 'x\0' }] }],
  ['characters', 'NUL in a name', { a: { 'b\0': 1 } }],
  ['characters', 'the first half of a pair', { a: 'x\ud83d' }],
  ['characters', 'the second half of a pair', { a: ['\ude00x'] }],
  ['characters', 'a reversed pair', { a: '\ude00\ud83d' }],
  ['characters', 'half of a pair in a name', { a: [{ '\ud83d': 1 }] }],
  ['numbers', 'the value of 1e400', JSON.parse('{"a":[1e400]}') as object],
  ['numbers', 'minus infinity', { a: { b: -Infinity } }],
  ['numbers', 'NaN', { a: NaN }],
  ['too_deep', 'one level too many', nested(DEEPEST_METADATA + 1)],
  ['too_deep', 'one nested list too many', nested(DEEPEST_METADATA + 1, true)],
  ['too_deep', 'a hundred thousand levels', nested(100_000)],
  ['too_large', 'one byte too many', ofBytes(LARGEST_METADATA + 1)],
  ['too_large', 'letters of two bytes', { note: '\u00e4'.repeat(LARGEST_METADATA / 2) }],
  ['too_large', 'escapes', { note: '\n'.repeat(LARGEST_METADATA / 2) }],
  ['too_large', 'a long name', { ['x'.repeat(LARGEST_METADATA)]: 1 }],
  ['too_large', 'numbers that are long when written out', { a: Array.from({ length: 300 }, () => 1e300) }],
  [
    'too_large',
    'small numbers that are long when written out',
    { a: Array.from({ length: 300 }, () => -1e-300) },
  ],
])('reports the problem %s for metadata with %s', (problem, _, metadata) =>
  expect(metadataProblem(metadata)).toBe(problem),
);

it('has a different message for each problem', () => {
  const words = Object.values(METADATA_PROBLEMS);
  expect(new Set(words).size).toBe(words.length);
  for (const each of words) expect(each).toMatch(/^must /);
});

it.each([
  ['', 5],
  ['x\\0\\ud83d', 9],
  ['ä\u00a0\u3000b', 5],
  // A heart with its selector, a keycap, and an old Hangul letter in one code point.
  ['\u2764\ufe0f', 5],
  ['1\ufe0f\u20e3', 5],
  ['\ua960', 5],
  ['e\u0301', 5],
  ['\u{1f600}'.repeat(5), 5],
])('accepts the text %j of at most %i characters', (text, longest) =>
  expect(textProblem(text, longest)).toBeUndefined(),
);

it.each(['\0', 'a\nb', '\ud83d', '\ude00\ud83d', '\u200b', '\u0085'])('refuses the text %j', (text) =>
  expect(textProblem(text, 5)).toBe('must consist of visible characters'),
);

/** Invisible characters by name. Some have a Unicode property for it; the others must be listed. */
const UNSEEN = {
  'soft hyphen': '\u00ad',
  'grapheme joiner': '\u034f',
  'Arabic letter mark': '\u061c',
  'Hangul initial filler': '\u115f',
  'Hangul medial filler': '\u1160',
  'Khmer vowel': '\u17b4',
  'Mongolian selector': '\u180b',
  'Mongolian separator': '\u180e',
  'zero-width space': '\u200b',
  'zero-width joiner': '\u200d',
  'direction mark': '\u200f',
  'line separator': '\u2028',
  'paragraph separator': '\u2029',
  'direction override': '\u202e',
  'word joiner': '\u2060',
  'invisible plus': '\u2064',
  'unassigned and ignorable': '\u2065',
  'direction isolate': '\u2066',
  'blank of Braille': '\u2800',
  'Hangul filler': '\u3164',
  'selector without a pictograph': '\ufe0f',
  'byte order mark': '\ufeff',
  'half-width Hangul filler': '\uffa0',
  'blank hieroglyph': '\u{13441}',
  'null notehead': '\u{1d159}',
  'beginning of a beam': '\u{1d173}',
  'private use': '\ue000',
  tag: '\u{e0041}',
  'selector of an ideograph': '\u{e0100}',
};

it.each(Object.entries(UNSEEN))('refuses a text that contains or consists of a %s', (_, unseen) => {
  for (const text of [
    unseen,
    `a${unseen}b`,
    `${unseen}a`,
    `a${unseen}`,
    ` ${unseen}`,
    `\u2764\ufe0f${unseen}`,
  ])
    expect([text, textProblem(text, 9)]).toEqual([text, 'must consist of visible characters']);
});

it.each(['\ufe0e\u2764', '1\ufe0f', '\u2764\ufe0f\ufe0f', 'a\ufe0f\u20e3'])(
  'refuses a selector without effect in %j',
  (text) => expect(textProblem(text, 5)).toBe('must consist of visible characters'),
);

it.each([' ', '\u00a0', '\u2003\u3000', '\u1680'])('refuses a text of spaces only: %j', (text) =>
  expect(textProblem(text, 5)).toBe('must consist of visible characters'),
);

it.each(['xxxxxx', '\u{1f600}'.repeat(6), '\0'.repeat(6)])(
  'refuses %j as a text of at most 5 characters',
  (text) => expect(textProblem(text, 5)).toBe('must have at most 5 characters'),
);

it.each([
  ['as it is', 'as it is'],
  ['a\0b\ud83d', 'a\ufffdb\ufffd'],
  ['\u{1f600}'.repeat(11), '\u{1f600}'.repeat(10)],
  ['x'.repeat(100_000), 'x'.repeat(10)],
])('converts a text that cannot be stored for a log: %j', (text, stored) => {
  expect(storableText(text, 10)).toBe(stored);
});
