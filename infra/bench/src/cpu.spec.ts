import { disturbance, parseMachine, parseStat } from './cpu.ts';

it('reads a process whose name has spaces and parentheses', () =>
  expect(
    parseStat('42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 25 25 20 0 1 0 100 1000 10'),
  ).toEqual({ pid: 42, parent: 7, ownCpuSeconds: 2, endedCpuSeconds: 0.5 }));

it('tells what other tenants took from what other processes took', () => {
  const from = { machine: parseMachine('cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1 2 3'), ours: 1 };
  const to = { machine: parseMachine('cpu  130 4 60 820 12 1 8 65 0 0\n'), ours: 1.24 };
  expect(from.machine).toEqual({ all: 10, stolen: 0.35, used: 1.5 });
  const { steal, others } = disturbance(from, to);
  expect(steal).toBeCloseTo(0.3);
  expect(others).toBeCloseTo(0.2);
});

it('finds no disturbance where no time has passed, nor a negative one', () => {
  const moment = { machine: parseMachine('cpu  100 0 50 800 10 0 5 35 0 0'), ours: 1 };
  expect(disturbance(moment, moment)).toEqual({ steal: 0, others: 0 });
  const later = { machine: parseMachine('cpu  110 0 50 890 10 0 5 35 0 0'), ours: 1.2 };
  expect(disturbance(moment, later).others).toBe(0);
});
