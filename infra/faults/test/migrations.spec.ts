import { runMigrationFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('finds no new migration that blocks reads next to an open reader, and detects one that waits without a limit', async () => {
  const lines: string[] = [];
  const run = await runMigrationFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  // The lines contain the seed and the measurements.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBeGreaterThan(2);
}, 1_800_000);
