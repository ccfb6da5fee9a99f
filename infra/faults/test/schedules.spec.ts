import { runScheduleFaults } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('each due local time has one firing, as promised, over the changes of the clocks', async () => {
  const lines: string[] = [];
  const run = await runScheduleFaults({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  console.log(lines.join('\n'));
  // The lines contain the seed and what is wrong.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBe(40);
}, 600_000);
