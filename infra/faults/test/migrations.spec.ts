import { runMigrationFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('no new migration holds reads up beside an open reader, and one that waits without a limit is seen', async () => {
  const lines: string[] = [];
  const run = await runMigrationFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the figures.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBeGreaterThan(2);
}, 1_800_000);
