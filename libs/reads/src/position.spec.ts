import { CONSISTENCY_TOKEN, hasReached, newestToken, parseLsn, parseToken } from './position.ts';

it('parses both halves of a position', () => {
  expect(parseLsn('0/3000148')).toBe(0x3000148n);
  expect(parseLsn('A/FFFFFFFF')).toBe(0xaffffffffn);
  expect(parseToken('6ABC:3:1/0')).toEqual({ system: '6ABC', timeline: 3, lsn: 0x100000000n });
  // The former form, which callers may still hold.
  expect(parseToken('3:1/0')).toEqual({ system: undefined, timeline: 3, lsn: 0x100000000n });
  expect(() => parseToken('0/3000148')).toThrow('not a consistency token');
});

it.each(['6ABC0123456789EF:1:0/1A2B', '1:0/1A2B', '12:FFFFFFFF/0'])('%s is a token', (token) =>
  expect(token).toMatch(CONSISTENCY_TOKEN),
);
it.each([
  '',
  '0/1A2B',
  '1:0/1a2b',
  "1:0/0' or true",
  '1:0/123456789',
  '-1:0/0',
  ':1:0/1A2B',
  '6abc:1:0/1A2B',
  '6ABC0123456789EF0:1:0/1A2B',
  '1:6ABC:1:0/1A2B',
])('%p is not a token', (token) => expect(token).not.toMatch(CONSISTENCY_TOKEN));

it.each([
  ['A:1:0/10', 'A:1:0/10', true],
  ['A:1:1/0', 'A:1:0/FFFFFFFF', true],
  ['A:1:0/F', 'A:1:0/10', false],
  ['A:2:9/0', 'A:1:0/10', false], // the failover may have lost the write: only the primary knows
  ['A:1:9/0', 'A:2:0/10', false],
  ['A:1:9/0', 'B:1:0/10', false], // a token of another cluster's log
  ['A:1:9/0', '1:0/10', false], // the token does not name its cluster
])('a node at %s and the token %s: %p', (position, token, reached) =>
  expect(hasReached(parseToken(position), parseToken(token))).toBe(reached),
);

it.each([
  [['A:1:0/9', 'A:1:0/10', 'A:1:0/A'], 'A:1:0/10'],
  [['A:1:0/9', 'A:2:0/10'], undefined],
  [['A:1:0/9', 'B:1:0/10'], undefined],
  [['A:1:0/9', '1:0/10'], undefined],
  [[], undefined],
])('the newest of %p is %p', (tokens, newest) => expect(newestToken(tokens)).toBe(newest));
