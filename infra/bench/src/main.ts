import { parseArgs } from 'node:util';
import { benchReads } from './reads/run.ts';
import type { Suite } from './suite.ts';
import { writeReport } from './write-report.ts';

const SUITES: Record<string, Suite> = { reads: benchReads };

const HELP = `npm run bench -- [suite...] [--rounds n] [--seconds n] [--quick]

suites: ${Object.keys(SUITES).join(', ')}; all of them when none is named
--rounds   rounds that must be clean of other tenants (default 5)
--seconds  of each measurement (default 5)
--quick    one short round, to see that it runs; writes no results`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name));
const [rounds, seconds] = values.quick ? [1, 1] : [Number(values.rounds), Number(values.seconds)];
if (values.help || unknown.length > 0 || !(rounds >= 1) || !(seconds >= 1)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const report = await SUITES[name]?.({ rounds, seconds, say: (line) => console.log(line) });
  if (!report) continue;
  if (values.quick) console.log(JSON.stringify(report, null, 2));
  else console.log(`\n${writeReport(report)}\n`);
  console.log(String(report.context['verdict'] ?? ''));
}
