import { runSuite } from './run-suite.ts';
import { violationsIn } from './violations-in.ts';

it('runs every app behind pgbouncer in both modes, and no call fails', async () => {
  const { code, lines } = await runSuite('poolers');
  console.log(lines.join('\n'));
  // The lines contain the seed and the violations.
  expect([code, violationsIn(lines)]).toEqual([0, []]);
  expect(lines.filter((line) => line.startsWith('ok'))).toHaveLength(2);
}, 1_800_000);
