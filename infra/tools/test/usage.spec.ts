import { execFile } from 'node:child_process';
import { fromSources, workspaceRoot } from '@core/testing';

const PROGRAMS = {
  'npm start': 'infra/local/src/start.ts',
  'npm test': 'infra/tools/src/test/main.ts',
  'npm run generate': 'infra/tools/src/generate.ts',
  'npm run bench': 'infra/bench/src/main.ts',
  'npm run load': 'infra/load/src/main.ts',
  'npm run test:faults': 'infra/faults/src/main.ts',
  'npm run ops': 'apps/ops/src/main.ts',
};
type Program = keyof typeof PROGRAMS;

/** Runs the program like its command, in the Node version that package.json pins. */
const run = (program: Program, args: readonly string[]): Promise<{ code: unknown; said: string }> =>
  new Promise((resolve) => {
    const run = fromSources(PROGRAMS[program], ...args);
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...run.env };
    const options = { cwd: workspaceRoot(), env, timeout: 100_000 };
    execFile(process.execPath, run.args, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });

const wrong: [program: Program, args: string[], says: string][] = [
  [
    'npm start',
    ['--foo'],
    "Unknown option '--foo'; there are --once, --fresh, --customers, --dir, --worker, --importer, --no-tour",
  ],
  ['npm start', ['foo'], "Unexpected argument 'foo'"],
  ['npm start', ['--dir'], '--dir: needs a value'],
  ['npm start', ['--customers', 'many'], '--customers must be a whole number from 1 to 9999999'],
  ['npm start', ['--worker', '0'], '--worker must be a whole number from 1 to 16'],
  ['npm start', ['--importer', '17'], '--importer must be a whole number from 1 to 16'],
  ['npm test', ['--foo'], "Unknown option '--foo'; there are --only, --tag, --base"],
  ['npm test', ['--only', 'nosuch'], 'there is no part nosuch; there are format, references, lint, arrows,'],
  ['npm test', ['env.spec', 'nosuch.spec'], 'the path of no spec contains nosuch.spec'],
  ['npm test', ['--tag', 'nosuch'], 'no spec has the tag nosuch'],
  ['npm test', ['--only', 'unit', 'env.spec'], 'use only one of --only, --tag and parts of paths'],
  ['npm test', ['('], '( is not a valid regular expression'],
  ['npm run generate', ['--foo'], "Unknown option '--foo'; there are --check"],
  ['npm run bench', ['--foo'], "Unknown option '--foo'; there are --rounds, --seconds, --sizes, --quick"],
  ['npm run bench', ['nosuch'], 'there is no suite nosuch; there are reads, events, import, privacy'],
  ['npm run bench', ['--rounds', 'many'], '--rounds must be a whole number from 1 to 1000'],
  ['npm run load', ['--foo'], "Unknown option '--foo'; there are --seconds, --quick"],
  ['npm run load', ['--seconds', '0'], '--seconds must be a whole number from 1 to 86400'],
  ['npm run test:faults', ['--foo'], "Unknown option '--foo'; there are --short, --seed, --only, --count"],
  ['npm run test:faults', ['nosuch'], 'there is no suite nosuch; there are events, import, requests,'],
  ['npm run test:faults', ['--seed', 'x'], '--seed must be a whole number from 0 to 4294967295'],
  ['npm run ops', ['--foo'], 'unknown command --foo'],
  ['npm run ops', ['topics', '--foo'], "Unknown option '--foo'; there are --acl, --worker,"],
];

it.each(wrong)('%s -- %j reports the problem and exits with 2', async (program, args, says) => {
  const { code, said } = await run(program, args);
  expect(said).toContain(says);
  expect(said).not.toMatch(/^ +at /m); // no stack trace
  expect(code).toBe(2);
});

it.each(Object.keys(PROGRAMS) as Program[])('%s -- --help prints its usage', async (program) => {
  const { code, said } = await run(program, ['--help']);
  expect(said).toContain(`${program} `);
  expect(code).toBe(0);
});
