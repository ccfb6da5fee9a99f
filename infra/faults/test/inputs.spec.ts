import { runInputs } from '../src/index.ts';

it('ends each of 5,000 records as applied, pending, or refused by name', async () => {
  const lines: string[] = [];
  const run = await runInputs({
    short: true,
    seed: Date.now() % 1_000_000,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  console.log(lines.join('\n'));
  // The lines hold the seed and what ended otherwise.
  expect([run.failed, lines.filter((line) => !/^(ok|seed)/.test(line))]).toEqual([0, []]);
}, 1_800_000);
