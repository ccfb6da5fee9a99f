import { parseMachine, parseStat, stealBetween } from './cpu.ts';

it('reads a process whose name has spaces and parentheses', () =>
  expect(
    parseStat('42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 25 25 20 0 1 0 100 1000 10'),
  ).toEqual({ pid: 42, parent: 7, cpuSeconds: 2.5 }));

it('reads how much of the machine others took', () => {
  const from = parseMachine('cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1 2 3');
  const to = parseMachine('cpu  150 0 60 820 10 0 5 55 0 0\n');
  expect(from).toEqual({ all: 1000, stolen: 35 });
  expect(stealBetween(from, to)).toBeCloseTo(0.2);
  expect(stealBetween(from, from)).toBe(0);
});
