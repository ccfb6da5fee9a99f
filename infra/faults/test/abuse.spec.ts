import { runFloods, runMalformedRequests } from '../src/index.ts';
import { violationsIn } from './violations-in.ts';

const options = (say: (line: string) => void) => ({
  short: true,
  seed: Date.now() % 1_000_000,
  say,
  signal: new AbortController().signal,
});

it.each([
  ['20,000 malformed requests', runMalformedRequests, 1],
  ['unauthenticated floods', runFloods, 2],
])(
  'keeps serving under %s',
  async (_, runSuite, count) => {
    const lines: string[] = [];
    const run = await runSuite(options((line) => void lines.push(line)));
    console.log(lines.join('\n'));
    // The lines contain the seed and the violations.
    expect([run.failed, violationsIn(lines.filter((line) => !line.startsWith('KNOWN')))]).toEqual([0, []]);
    expect(run.passed).toBe(count);
  },
  1_800_000,
);
