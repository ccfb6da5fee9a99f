import { readArguments, readOption, refuseArguments, unknownNames, wholeNumber } from '@core/runtime';
import { benchEvents } from './events/run.ts';
import { benchImport } from './import/run.ts';
import { benchPrivacy } from './privacy/run.ts';
import { benchReads } from './reads/run.ts';
import { benchScaling } from './scaling/run.ts';
import { benchStatements } from './statements/run.ts';
import type { Suite } from './suite.ts';
import { showReport, writeReport } from './write-report.ts';

const SUITES: Record<string, Suite> = {
  reads: benchReads,
  events: benchEvents,
  import: benchImport,
  privacy: benchPrivacy,
  statements: benchStatements,
  scaling: benchScaling,
};

const HELP = `npm run bench -- [suite...] [--rounds n] [--seconds n] [--sizes n,n] [--quick]

suites: ${Object.keys(SUITES).join(', ')}; all of them when none is named
--rounds   rounds that must be clean of other work on the machine (default 5)
--seconds  of each measurement (default 5)
--sizes    of the suite scaling: numbers of customers, ascending (default 100000,1000000,3000000)
--quick    one short round, to see that it runs; writes no results, as one that was disturbed too often`;

const { values, positionals } = readArguments(HELP, {
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    sizes: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const unknown = unknownNames('suite', positionals, Object.keys(SUITES));
if (unknown) refuseArguments(HELP, unknown);
const fromOne = wholeNumber({ min: 1, max: 1_000 });
const sizes = values.sizes?.split(',').map(Number);
if (sizes?.some((size, n) => !(size >= 1_000 && size > (sizes[n - 1] ?? 0)))) {
  refuseArguments(HELP, '--sizes must be numbers from 1000 on, ascending, with commas between');
}
const [rounds, seconds, warmUp] = values.quick
  ? [1, 1, 1]
  : [
      readOption(HELP, 'rounds', values.rounds, fromOne),
      readOption(HELP, 'seconds', values.seconds, fromOne),
      8,
    ];

const say = (line: string) => console.log(line);
const interrupt = new AbortController();
const { signal } = interrupt;
let stops = new AsyncDisposableStack();
let stopped = Promise.resolve();
// A disposed stack takes nothing more: a service that is starting at this moment ends together with this process.
const stopAll = () => (stopped = stops.disposed ? stopped : stops.disposeAsync());
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    interrupt.abort(new Error('interrupted'));
    void stopAll();
  });
}
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
    stops = new AsyncDisposableStack();
    const report = await SUITES[name]?.({ rounds, seconds, warmUp, sizes, say, stops, signal });
    await stopAll();
    if (!report) continue;
    // Without a verdict, what an earlier run found out stays.
    const keep = !values.quick && Object.keys(report.ratios).length > 0;
    say(`\n${keep ? writeReport(report) : showReport(report)}\n\n${report.verdict}`);
  }
} catch (error) {
  // Once interrupted, everything fails that talked to what was stopped.
  console.error(signal.aborted ? 'interrupted; everything is stopped' : error);
  process.exitCode = 1;
} finally {
  await stopAll();
}
