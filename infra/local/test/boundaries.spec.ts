import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();

const run = promisify(execFile);

interface Message {
  ruleId: string | null;
  message: string;
}

const allowed: [file: string, text: string][] = [
  ['libs/domain/src/virtual.ts', "import { x } from '@core/db';"],
  ['libs/domain/src/virtual.spec.ts', "import { x } from '@core/testing';"],
  ['libs/events/src/virtual.ts', "import { x } from 'kafkajs';"],
  ['apps/worker/src/virtual.ts', "import { x } from '@core/events';"],
  ['apps/importer/src/virtual.ts', "import { x } from 'bullmq';"],
  ['apps/api/src/virtual.ts', "import { x } from '@connectrpc/connect-node';"],
  ['apps/api/src/virtual.ts', "import { x } from '@core/shopify';"],
  ['apps/importer/src/virtual.ts', "import { x } from '@core/shopify';"],
];

const forbidden: [file: string, text: string, says: string][] = [
  ['apps/api/src/virtual.ts', "import { x } from '@core/events';", 'scope:api'],
  ['apps/importer/src/virtual.ts', "import { x } from '@core/events';", 'scope:importer'],
  ['apps/api/src/virtual.ts', "import { x } from 'kafkajs';", 'not allowed to import "kafkajs"'],
  ['apps/worker/src/virtual.ts', "import { x } from 'kafkajs';", 'not allowed to import "kafkajs"'],
  ['apps/importer/src/virtual.ts', "import { x } from 'kafkajs';", 'not allowed to import "kafkajs"'],
  ['libs/domain/src/virtual.ts', "import { x } from 'kafkajs';", 'not allowed to import "kafkajs"'],
  ['apps/worker/src/virtual.ts', "import { x } from 'bullmq';", 'not allowed to import "bullmq"'],
  ['libs/db/src/virtual.ts', "import { x } from '@connectrpc/connect-node';", 'connect-node'],
  ['apps/api/src/virtual.ts', "import { x } from '@core/importer';", 'type:app'],
  ['apps/api/src/virtual.ts', "import { x } from '../../importer/src/config.ts';", 'relative'],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/testing';", 'type:domain'],
  ['apps/worker/src/virtual.ts', "import { x } from '@core/testing';", 'type:app'],
  ['libs/runtime/src/virtual.ts', "import { x } from '@core/contracts';", ''],
  ['libs/db/src/virtual.ts', "import { x } from '@core/domain';", ''],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/shopify';", 'type:domain'],
  ['libs/shopify/src/virtual.ts', "import { x } from '@core/domain';", 'type:shopify'],
  ['libs/shopify/src/virtual.ts', "import { x } from '@core/db';", 'type:shopify'],
];

// In a process of its own: ESLint loads its configuration by import(), which Jest's CommonJS cannot do. The
// texts are on no disk, so that a lint or a compiler running meanwhile does not see them.
const LINT = `
  import { ESLint } from 'eslint';
  import { text } from 'node:stream/consumers';
  const eslint = new ESLint();
  const results = [];
  for (const [filePath, code] of JSON.parse(await text(process.stdin))) {
    const [result] = await eslint.lintText(code + '\\nexport const y = x;\\n', { filePath });
    results.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
  }
  process.stdout.write(JSON.stringify(results));
`;

/** Lints each text as if it lay at its path. */
async function lint(cases: readonly (readonly [string, string, ...unknown[]])[]): Promise<Message[][]> {
  // The rule is skipped without a graph and wrong with an old one, so it gets a new one.
  const graph = mkdtempSync(join(tmpdir(), 'core-graph-'));
  const env = { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: graph, NX_DAEMON: 'false' };
  try {
    await run(join(root, 'node_modules/.bin/nx'), ['show', 'projects'], { cwd: root, env });
    const linting = run(process.execPath, ['--input-type=module', '-e', LINT], { cwd: root, env });
    linting.child.stdin?.end(JSON.stringify(cases));
    return JSON.parse((await linting).stdout) as Message[][];
  } finally {
    rmSync(graph, { recursive: true, force: true });
  }
}

const title = (file: string, text: string) => `${file}: ${text}`;

describe('module boundaries', () => {
  let results: Map<string, Message[]>;
  beforeAll(async () => {
    const cases = [...allowed, ...forbidden];
    const messages = await lint(cases);
    results = new Map(cases.map(([file, text], i) => [title(file, text), messages[i] ?? []]));
  });

  it.each(allowed)('allow %s: %s', (file, text) => {
    expect(results.get(title(file, text))).toEqual([]);
  });

  it.each(forbidden)('forbid %s: %s', (file, text, says) => {
    const found = results.get(title(file, text));
    expect(found).toContainEqual({
      ruleId: '@nx/enforce-module-boundaries',
      message: expect.stringContaining(says),
    });
  });

  // An import of a package without exports, or of one without tags, escapes the rule silently.
  const packages = ['apps', 'libs', 'infra'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(group, entry.name))
      .filter((folder) => readdirSync(join(root, folder)).includes('package.json')),
  );

  it('see every package', () => expect(packages.length).toBeGreaterThanOrEqual(11));

  it.each(packages)('see %s', (folder) => {
    const { name, exports, nx } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      exports: unknown;
      nx: { tags: string[] };
    };
    expect(name).toMatch(/^@core\//);
    expect(exports).toEqual({ '.': './src/index.ts' });
    expect(nx.tags.map((tag) => tag.split(':')[0]).sort()).toEqual(['scope', 'type']);
  });
});
