import { parseMachine, parseStat, stealBetween } from './proc.ts';

it('reads a process whose name has spaces and parentheses', () =>
  expect(
    parseStat('42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 25 25 20 0 1 0 100 1000 10'),
  ).toEqual({ pid: 42, parent: 7, ownCpuSeconds: 2, endedCpuSeconds: 0.5 }));

const machine = (steal: number, rest: number) =>
  parseMachine(`cpu  ${rest} 0 0 0 0 0 0 ${steal} 0 0\ncpu0 1 2 3\n`);

it('reads the first line of /proc/stat', () =>
  expect(machine(7, 93)).toEqual({ all: 1, stolen: 0.07, used: 0.93 }));

it.each([
  [machine(0, 100), machine(50, 150), 0.5],
  [machine(10, 90), machine(10, 190), 0],
  [machine(10, 90), machine(10, 90), 0],
])('returns the stolen share from %j to %j', (from, to, share) => expect(stealBetween(from, to)).toBe(share));
