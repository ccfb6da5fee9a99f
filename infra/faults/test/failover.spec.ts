import { runSuite } from './run-suite.ts';
import { violationsIn } from './violations-in.ts';

it('lets every app write again after a hung primary and half-open connections, and no read fails', async () => {
  const { code, lines } = await runSuite('failover');
  // The lines contain the seed and the violations.
  expect([code, violationsIn(lines)]).toEqual([0, []]);
  expect(lines.filter((line) => line.startsWith('ok')).length).toBeGreaterThanOrEqual(2);
}, 1_800_000);
