import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_LAYOUT } from '@core/testing';

export interface Check {
  name: string;
  command: string[];
  /** Its output is shown also when it passes. */
  tells?: true;
}

const END_TO_END = 'infra/e2e';
const DOMAIN = 'libs/domain';

const bin = (root: string, name: string) => join(root, 'node_modules/.bin', name);

/** The checks that need no services, cheapest first. */
export const checks = (root: string): Check[] => [
  { name: 'format', command: [bin(root, 'prettier'), '--check', '.'] },
  { name: 'types', command: [bin(root, 'tsc'), '--build'] },
  { name: 'references', command: [bin(root, 'nx'), 'sync:check'] },
  { name: 'lint', command: [process.execPath, 'infra/tools/src/lint/check.ts', '.'] },
  { name: 'generated', command: [process.execPath, 'infra/tools/src/generate.ts', '--check'] },
  { name: 'migrations', command: [process.execPath, 'infra/tools/src/migrations/check.ts'] },
  {
    name: 'dependencies',
    command: [process.execPath, 'infra/tools/src/dependencies/check.ts'],
    tells: true,
  },
];

export interface JestRun {
  name: string;
  args: string[];
  env?: Readonly<Record<string, string>>;
}

/** Specs of the domain with a server of their own: no layout reaches them. */
const OWN_SERVER = ['plans.spec', 'quiet-logs.spec'];

/**
 * Jest's runs: every package beside each other; the domain once more with the tables of merchants in partitions, which
 * stand in for a distributed engine; then the end-to-end specs alone, because they start the whole service and want the
 * cores. With patterns of file names one run over everything.
 */
export function jestRuns(root: string, patterns: string[]): JestRun[] {
  const packages = ['apps', 'libs', 'infra']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'jest.config.cjs')));
  const projects = (folders: string[]) => ['--projects', ...folders.map((folder) => join(root, folder))];
  if (patterns.length > 0) {
    return [{ name: 'chosen', args: [...patterns, '--maxWorkers=2', ...projects(packages)] }];
  }
  const others = packages.filter((folder) => folder !== END_TO_END);
  return [
    // More than there are cores: the longest specs wait for leases, takeovers and restarts for most of their time.
    { name: 'packages', args: ['--maxWorkers=3', ...projects(others)] },
    {
      name: 'partitioned',
      args: [
        `${DOMAIN}/test/`,
        '--maxWorkers=3',
        '--testPathIgnorePatterns',
        ...OWN_SERVER,
        ...projects([DOMAIN]),
      ],
      env: { [TEST_LAYOUT]: 'partitioned' },
    },
    { name: 'end-to-end', args: ['--runInBand', ...projects([END_TO_END])] },
  ];
}
