import { runFieldInputs } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

it('ends each of 5,000 mutated inputs of every format as applied, refused, dead letter or pending', async () => {
  const lines: string[] = [];
  const run = await runFieldInputs({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  console.log(lines.join('\n'));
  // The lines contain the seed and the violations.
  expect([run.failed, violationsIn(lines)]).toEqual([0, []]);
  expect(run.passed).toBe(4);
}, 1_800_000);
