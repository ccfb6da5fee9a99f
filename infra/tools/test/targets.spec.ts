import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '@core/testing';

// The specs of a package without a target would never run. A target whose inputs lack a file that its specs
// read would return a cached result after a change of that file.
const root = workspaceRoot();
const packages = globSync('{apps,libs,infra}/*/package.json', { cwd: root }).map(dirname).sort();
const targetsOf = (folder: string): string[] => {
  const { nx } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    nx: { targets?: object };
  };
  return Object.keys(nx.targets ?? {});
};
const hasSpecs = (folder: string) => globSync(`${folder}/**/*.spec.ts`, { cwd: root }).length > 0;

it.each(packages)('%s has a target for each kind of spec', (folder) => {
  const targets = targetsOf(folder);
  const tests = folder === 'infra/e2e' ? 'e2e' : 'integration';
  expect({
    lint: targets.includes('lint'),
    unit: targets.includes('unit'),
    test: targets.includes(tests),
    build: targets.includes('build'),
  }).toEqual({
    lint: true,
    unit: hasSpecs(`${folder}/src`),
    test: hasSpecs(`${folder}/test`),
    build: folder.startsWith('apps/'),
  });
});

it('nx.json has defaults for every target', () => {
  const { targetDefaults } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
    targetDefaults: object;
  };
  const all = new Set(packages.flatMap(targetsOf));
  expect([...all].filter((target) => !(target in targetDefaults))).toEqual([]);
});

interface Inputs {
  files: string[];
  environment: string[];
}
const nx = (...args: string[]): unknown =>
  JSON.parse(
    execFileSync(join(root, 'node_modules/.bin/nx'), args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false' },
      maxBuffer: 64 * 1024 * 1024,
    }),
  );
const inputsOf = (target: string) => nx('show', 'target', 'inputs', target, '--json') as Inputs;

const JEST = [
  'package-lock.json',
  'jest.base.cjs',
  'tsconfig.base.json',
  'libs/testing/src/jest/global-setup.ts',
];
const SERVICES = [
  'infra/local/kafka/pom.xml',
  'libs/db/migrations/meta/_journal.json',
  'libs/db/functions/read_scores.sql',
];
const POSTGRES = ['CORE_TEST_POSTGRES', 'CORE_TEST_POSTGRES_PREPARE', 'CORE_TEST_POSTGRES_REPLICA'];

it.each([
  {
    target: '@core/contracts:unit',
    reads: [...JEST, 'libs/contracts/src/utf8.spec.ts', 'libs/runtime/src/env.ts'],
    not: ['README.md', 'libs/runtime/src/env.spec.ts', 'apps/api/src/main.ts', 'libs/domain/src/index.ts'],
    environment: ['CORE_TEST_LAYOUT'],
  },
  {
    target: '@core/worker:integration',
    // Its specs start the api as a process, whose files they do not import.
    reads: [
      ...JEST,
      ...SERVICES,
      'apps/worker/test/webhooks.spec.ts',
      'apps/api/src/main.ts',
      'libs/reads/src/index.ts',
    ],
    not: ['README.md', 'apps/api/test/audit.spec.ts', 'apps/importer/src/main.ts'],
    environment: ['CORE_TEST_LAYOUT', ...POSTGRES],
  },
  {
    target: '@core/faults:integration',
    reads: [
      ...JEST,
      ...SERVICES,
      ...['api', 'worker', 'importer', 'ops'].map((app) => `apps/${app}/src/main.ts`),
      'infra/proxies/envoy.yaml',
      'infra/tools/src/build.ts',
    ],
    not: ['README.md', 'apps/api/test/audit.spec.ts'],
    environment: ['CORE_TEST_LAYOUT', ...POSTGRES],
  },
  {
    target: '@core/tools:integration',
    reads: [
      ...JEST,
      ...SERVICES,
      'README.md',
      'docs/privacy.md',
      '.env.example',
      'docker-compose.yml',
      'proto/events/v1/events.proto',
      'apps/api/test/audit.spec.ts',
    ],
    not: [],
    environment: ['CORE_TEST_LAYOUT', ...POSTGRES],
  },
  {
    target: '@core/e2e:e2e',
    reads: [
      ...JEST,
      ...SERVICES,
      'README.md',
      '.env.example',
      'infra/docker/dev.env',
      'infra/local/bootstrap.mjs',
      'infra/tools/src/test/main.ts',
      'apps/ops/src/main.ts',
    ],
    not: ['docs/privacy.md', 'infra/bench/src/main.ts', 'infra/faults/src/main.ts'],
    environment: ['CORE_TEST_LAYOUT', ...POSTGRES],
  },
])(
  '$target has the files and variables that its specs read as inputs',
  ({ target, reads, not, environment }) => {
    const inputs = inputsOf(target);
    expect(reads.filter((file) => !inputs.files.includes(file))).toEqual([]);
    expect(inputs.files.filter((file) => not.includes(file))).toEqual([]);
    expect(inputs.environment.filter((name) => name.startsWith('CORE_')).sort()).toEqual(environment);
  },
);

it.each([
  ['docs/privacy.md', ['tools']],
  ['infra/bench/src/main.ts', ['bench', 'tools']],
  ['README.md', ['e2e', 'tools']],
  ['apps/worker/src/main.ts', ['e2e', 'faults', 'local', 'ops', 'tools', 'worker']],
  ['apps/console/src/main.tsx', ['console', 'e2e', 'faults', 'local', 'tools']],
  ['infra/tools/src/build.ts', ['api', 'e2e', 'faults', 'importer', 'local', 'ops', 'tools', 'worker']],
])('a change of %s affects only the packages that read it', (file, names) => {
  const affected = nx('show', 'projects', '--affected', `--files=${file}`, '--json');
  expect((affected as string[]).sort()).toEqual(names.map((name) => `@core/${name}`));
});
