import { runUpdateFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('replaces a build by the next one, with a migration in between, and no call fails', async () => {
  const lines: string[] = [];
  const run = await runUpdateFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the violations.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBe(2);
}, 1_800_000);
