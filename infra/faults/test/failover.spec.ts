import { runFailoverFaults } from '../src/index.ts';

it('has every app write again after a hung primary and after half-open connections, and no read fail', async () => {
  const lines: string[] = [];
  const run = await runFailoverFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the violations.
  expect([run.failed, lines.filter((line) => !/^(ok|seed)/.test(line))]).toEqual([0, []]);
  expect(run.passed).toBeGreaterThanOrEqual(2);
}, 1_800_000);
