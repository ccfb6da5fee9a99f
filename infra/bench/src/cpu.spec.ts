import { parseMachine } from '@core/testing';
import { disturbance } from './cpu.ts';

it('separates the CPU use of other tenants from that of other processes', () => {
  const from = { machine: parseMachine('cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1 2 3'), ours: 1 };
  const to = { machine: parseMachine('cpu  130 4 60 820 12 1 8 65 0 0\n'), ours: 1.24 };
  expect(from.machine).toEqual({ all: 10, stolen: 0.35, used: 1.5 });
  const { steal, others } = disturbance(from, to);
  expect(steal).toBeCloseTo(0.3);
  expect(others).toBeCloseTo(0.2);
});

it('returns no disturbance when no time has passed, and never a negative one', () => {
  const snapshot = { machine: parseMachine('cpu  100 0 50 800 10 0 5 35 0 0'), ours: 1 };
  expect(disturbance(snapshot, snapshot)).toEqual({ steal: 0, others: 0 });
  const later = { machine: parseMachine('cpu  110 0 50 890 10 0 5 35 0 0'), ours: 1.2 };
  expect(disturbance(snapshot, later).others).toBe(0);
});
