import { runQuotaFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('refuses only a caller that exceeds its quota, with the time of the retry', async () => {
  const lines: string[] = [];
  const run = await runQuotaFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the violations.
  expect([run.failed, violationsIn(lines.filter((line) => !line.startsWith('info')))]).toEqual([0, []]);
  expect(run.passed).toBe(3);
}, 600_000);
