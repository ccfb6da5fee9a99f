import { readArguments, readOption, refuseArguments, unknownNames, wholeNumber } from '@core/runtime';
import { benchConsole } from './console/run.ts';
import { benchEvents } from './events/run.ts';
import { benchImport } from './import/run.ts';
import { benchPrivacy } from './privacy/run.ts';
import { benchReads } from './reads/run.ts';
import { benchScaling } from './scaling/run.ts';
import { benchSegments } from './segments/run.ts';
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
  segments: benchSegments,
  console: benchConsole,
};

const HELP = `npm run bench -- [suite...] [--rounds n] [--seconds n] [--sizes n,n] [--quick]

suites: ${Object.keys(SUITES).join(', ')}; by default all of them
--rounds   number of rounds without other load on the machine (default 5)
--seconds  duration of each measurement (default 5)
--sizes    numbers of customers for the suite scaling, ascending (default 100000,1000000,3000000)
--quick    runs one short round, to check that the suite works

A quick run, or a run that other load disturbed too often, writes no results.`;

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
  refuseArguments(HELP, '--sizes must be a comma-separated list of ascending numbers, each at least 1000');
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
// A disposed stack accepts no more services. A service that is starting at this moment ends with this
// process.
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
    // Without a verdict, the results of an earlier run stay.
    const keep = !values.quick && Object.keys(report.ratios).length > 0;
    say(`\n${keep ? writeReport(report) : showReport(report)}\n\n${report.verdict}`);
  }
} catch (error) {
  // After an interrupt, everything that used a stopped service fails. These errors are not reported.
  console.error(signal.aborted ? 'interrupted; all services are stopped' : error);
  process.exitCode = 1;
} finally {
  await stopAll();
}
