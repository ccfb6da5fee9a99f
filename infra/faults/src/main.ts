import { parseArgs } from 'node:util';
import { runEventFaults } from './events/run.ts';

const HELP = `npm run test:faults -- [events] [--short] [--seed n] [--only text]

Kills, stops and starves the service's processes under load, and checks the ledger after each fault: nothing lost,
nothing invented, each customer in order, no more repetitions than the faults explain.
--short  fewer and shorter faults, as in npm test
--seed   of the random choices (default: drawn, and printed)
--only   the scenarios whose name contains the text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
if (values.help || positionals.some((name) => name !== 'events') || !Number.isInteger(seed)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
try {
  const run = await runEventFaults({
    short: values.short,
    seed,
    only: values.only,
    say: (line) => console.log(line),
    signal: interrupt.signal,
  });
  process.exitCode = run.failed === 0 ? 0 : 1;
} catch (error) {
  console.error(interrupt.signal.aborted ? 'interrupted; everything is stopped' : error);
  process.exitCode = 1;
}
