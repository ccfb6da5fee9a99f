import { runImportFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('ends with the customers of the shop under any of the faults', async () => {
  const lines: string[] = [];
  const run = await runImportFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the violations.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBe(8);
}, 1_800_000);
