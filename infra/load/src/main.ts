import { join } from 'node:path';
import { readArguments, readOption, wholeNumber } from '@core/runtime';
import { machineNow, stealBetween, workspaceRoot } from '@core/testing';
import { ensureK6 } from './ensure-k6.ts';
import { openStack } from './open-stack.ts';
import { runK6 } from './run-k6.ts';

const HELP = `npm run load -- [--seconds n] [--quick]

Starts the service on this machine and lets k6 read scores and lists of 5,000 merchants. Prints k6's summary, and
exits with 1 if a threshold in infra/load/k6/reads.js is crossed.
--seconds  duration of the load in seconds (default: 60)
--quick    25 seconds of load: each merchant is read once`;

const MERCHANTS = 5_000;
const CUSTOMERS_EACH = 20;
const SCORES_PER_SECOND = 200;

const { values } = readArguments(HELP, {
  options: {
    seconds: { type: 'string', default: '60' },
    quick: { type: 'boolean', default: false },
  },
});
const asked = readOption(HELP, 'seconds', values.seconds, wholeNumber({ min: 1, max: 86_400 }));
const seconds = values.quick ? 25 : asked;

const say = (line: string) => console.log(line);
const interrupt = new AbortController();
const { signal } = interrupt;
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
try {
  await using stops = new AsyncDisposableStack();
  const k6 = await ensureK6(say, signal);
  const { target, token } = await openStack({
    merchants: MERCHANTS,
    customersEach: CUSTOMERS_EACH,
    say,
    signal,
    stops,
  });
  say(
    `${SCORES_PER_SECOND} scores a second and a tenth as many batches and lists, for ${seconds} s, after a warm-up of 10 s`,
  );
  const before = machineNow();
  const code = await runK6(
    k6,
    {
      TARGET: target,
      TOKEN: token,
      PROTO: join(workspaceRoot(), 'proto'),
      MERCHANTS,
      CUSTOMERS_EACH,
      RATE: SCORES_PER_SECOND,
      SECONDS: seconds,
    },
    { say, signal },
  );
  const steal = 100 * stealBetween(before, machineNow());
  say(`other tenants of the machine used ${steal.toFixed(1)} % of it during the load`);
  say(code === 0 ? 'all thresholds hold' : `k6 reports that a threshold was crossed (exit code ${code})`);
  process.exitCode = code === 0 ? 0 : 1;
} catch (error) {
  console.error(signal.aborted ? 'interrupted; everything is stopped' : error);
  process.exitCode = 1;
}
