import { readArguments, readOption, refuseArguments, unknownNames, wholeNumber } from '@core/runtime';
import { runCases } from './cases/run.ts';
import { runEventFaults } from './events/run.ts';
import { runFailoverFaults } from './failover/run.ts';
import { runFieldInputs } from './field/run.ts';
import { runFloods } from './floods/run.ts';
import { runImportFaults } from './import/run.ts';
import { runInstallations } from './installations/run.ts';
import { runMalformedRequests } from './requests/run.ts';
import { runMigrationFaults } from './migrations/run.ts';
import { runPoolers } from './poolers/run.ts';
import { runProxies } from './proxies/run.ts';
import { runQuotaFaults } from './quotas/run.ts';
import { runScheduleFaults } from './schedules/run.ts';
import { runUpdateFaults } from './update/run.ts';

const SUITES = {
  events: runEventFaults,
  import: runImportFaults,
  requests: runMalformedRequests,
  installations: runInstallations,
  floods: runFloods,
  field: runFieldInputs,
  cases: runCases,
  quotas: runQuotaFaults,
  migrations: runMigrationFaults,
  update: runUpdateFaults,
  failover: runFailoverFaults,
  schedules: runScheduleFaults,
  poolers: runPoolers,
  proxies: runProxies,
};

const HELP = `npm run test:faults -- [suite...] [--short] [--seed n] [--only text] [--count n]

Kills, stops and starves the service's processes under load. Runs all suites if none is named.
events      checks the ledger after each fault: nothing lost, nothing invented, each customer in order, no more
            duplicates than the faults explain
import      the stored customers equal those of the shop, field by field, and no rule of the shop is broken
requests    malformed requests of every kind to an api: no process exits, no event loop is blocked
installations  seeded lives of shops, from the installation of the app to its uninstall, with webhooks in every order:
            no shop is lost, no token is left anywhere, no request follows an uninstall
floods      reads during unauthenticated floods: their p99, and the memory growth of a process
migrations  each new migration runs next to an open reader; measures how long other reads wait
field       mutated records, webhooks and pages of Shopify: each ends as applied, refused or dead letter with a
            reason, or pending
cases       small inputs of foreign systems, each with its required outcome (npm run test:field)
quotas      one caller exceeds its quota ten times: no other caller is refused or waits longer
update      a build is replaced by the next one under load, with a migration in between: no call fails
failover    the primary hangs, or its connections become unresponsive: each app soon writes again, no read fails
schedules   ten years of schedules in every time zone: each due local time has one firing, as predicted; takes
            8 minutes of one core
poolers     the whole service behind pgbouncer in session and transaction mode: every app writes, no call fails
proxies     two apis behind nginx, HAProxy and Envoy, if they are on PATH: no call fails when connections close or
            servers stop, and watches continue
--short     fewer and shorter faults, as in npm test
--seed      the seed of the random choices (default: a new one, which is printed)
--only      only the scenarios whose name contains the text
--count     number of inputs, for the suites requests (1,000,000), field (100,000 of each format) and
            installations (1,000 lives)`;

const { values, positionals } = readArguments(HELP, {
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string' },
    count: { type: 'string' },
  },
});
const seed =
  values.seed === undefined
    ? Date.now() % 1_000_000
    : readOption(HELP, 'seed', values.seed, wholeNumber({ max: 2 ** 32 - 1 }));
const count =
  values.count === undefined
    ? undefined
    : readOption(HELP, 'count', values.count, wholeNumber({ min: 1, max: 1e9 }));
const unknown = unknownNames('suite', positionals, Object.keys(SUITES));
if (unknown) refuseArguments(HELP, unknown);
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
try {
  const { short, only } = values;
  const suites = Object.entries(SUITES).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  );
  const say = (line: string) => console.log(line);
  let ran = 0;
  for (const [name, run] of suites) {
    if (suites.length > 1) say(`\n${name}`);
    const result = await run({ short, seed, only, count, say, signal: interrupt.signal });
    ran += result.passed + result.failed + (result.skipped ?? 0);
    if (result.failed > 0) process.exitCode = 1;
  }
  if (only && ran === 0) refuseArguments(HELP, `--only: no scenario has ${only} in its name`);
} catch (error) {
  console.error(interrupt.signal.aborted ? 'interrupted; everything is stopped' : error);
  process.exitCode = 1;
}
