import { CONSISTENCY_TOKEN, hasReached, newestToken, parseLsn, parseToken } from './position.ts';

it('reads both halves of a position', () => {
  expect(parseLsn('0/3000148')).toBe(0x3000148n);
  expect(parseLsn('A/FFFFFFFF')).toBe(0xaffffffffn);
  expect(parseToken('3:1/0')).toEqual({ timeline: 3, lsn: 0x100000000n });
  expect(() => parseToken('0/3000148')).toThrow('not a consistency token');
});

it.each(['1:0/1A2B', '12:FFFFFFFF/0'])('%s is a token', (token) => expect(token).toMatch(CONSISTENCY_TOKEN));
it.each(['', '0/1A2B', '1:0/1a2b', "1:0/0' or true", '1:0/123456789', '-1:0/0'])('%p is none', (token) =>
  expect(token).not.toMatch(CONSISTENCY_TOKEN),
);

it.each([
  ['1:0/10', '1:0/10', true],
  ['1:1/0', '1:0/FFFFFFFF', true],
  ['1:0/F', '1:0/10', false],
  ['2:9/0', '1:0/10', false], // the write may be lost behind the failover: the primary knows
  ['1:9/0', '2:0/10', false],
])('a node at %s and the token %s: %p', (position, token, reached) =>
  expect(hasReached(parseToken(position), parseToken(token))).toBe(reached),
);

it.each([
  [['1:0/9', '1:0/10', '1:0/A'], '1:0/10'],
  [['1:0/9', '2:0/10'], undefined],
  [[], undefined],
])('the newest of %p is %p', (tokens, newest) => expect(newestToken(tokens)).toBe(newest));
