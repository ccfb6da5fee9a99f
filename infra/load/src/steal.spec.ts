import { parseTicks, stealBetween } from './steal.ts';

const stat = (steal: number, rest: number) => `cpu  ${rest} 0 0 0 0 0 0 ${steal} 0 0\ncpu0 1 2 3\n`;

it('reads the first line', () => expect(parseTicks(stat(7, 93))).toEqual({ all: 100, stolen: 7 }));

it.each([
  [stat(0, 100), stat(50, 150), 0.5],
  [stat(10, 90), stat(10, 190), 0],
  [stat(10, 90), stat(10, 90), 0],
])('knows the share of %j to %j', (from, to, share) => expect(stealBetween(from, to)).toBe(share));
