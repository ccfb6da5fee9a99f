import { isAsExpected } from '../src/cases/as-expected.ts';
import { runCases } from '../src/index.ts';

it('ends each input of a foreign system with the required outcome', async () => {
  const lines: string[] = [];
  const run = await runCases({
    short: true,
    seed: 0,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  console.log(lines.join('\n'));
  expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
  expect(run.failed).toBe(0);
  expect(run.passed).toBeGreaterThan(200);
  // Only test persons; the table truncates long cells.
  const domains = lines.flatMap((line) => line.split(/["\s]/)).map((word) => word.split('@').slice(1).at(-1));
  expect(domains.filter((domain) => domain && !/example|…$/i.test(domain))).toEqual([]);
}, 1_800_000);

it('distinguishes outcomes', () => {
  expect(isAsExpected({ expected: 'erased', actual: 'erased' })).toBe(true);
  expect(isAsExpected({ expected: 'erased', actual: 'done, no customer found' })).toBe(false);
  expect(isAsExpected({ expected: 'failed: …', actual: 'failed: the shop is frozen' })).toBe(true);
  expect(isAsExpected({ expected: 'failed: …', actual: 'paused: the shop is frozen' })).toBe(false);
});
