import { runSuite } from './run-suite.ts';
import { violationsIn } from './violations-in.ts';

it('loses no shop and leaves no token in 24 lives, and reports each mutant and planted secret', async () => {
  const { code, lines } = await runSuite('installations');
  console.log(lines.join('\n'));
  // The lines contain the seed and the violations.
  expect([code, violationsIn(lines.filter((line) => !line.startsWith('info')))]).toEqual([0, []]);
  expect(lines.filter((line) => line.startsWith('ok'))).toHaveLength(3);
}, 1_800_000);
