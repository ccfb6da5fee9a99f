import { runScheduleFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('fires once for each due local time, as predicted, across clock changes', async () => {
  const lines: string[] = [];
  const run = await runScheduleFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  console.log(lines.join('\n'));
  // The lines contain the seed and the violations.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBe(40);
}, 600_000);
