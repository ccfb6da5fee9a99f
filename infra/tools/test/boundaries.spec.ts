import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';
import { lintTexts, type Message } from './lint-texts.ts';

const root = workspaceRoot();

const run = promisify(execFile);

const allowed: [file: string, text: string][] = [
  ['libs/domain/src/virtual.ts', "import { x } from '@core/db';"],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/crypto';"],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/reads';"],
  ['libs/crypto/src/virtual.ts', "import { x } from '@core/db';"],
  ['infra/e2e/test/virtual.ts', "import { x } from '@core/local';"],
  ['libs/domain/src/virtual.spec.ts', "import { x } from '@core/testing';"],
  ['apps/api/src/virtual.spec.ts', "import { x } from '@core/stack';"],
  ['libs/events/src/virtual.ts', "import { x } from 'kafkajs';"],
  ['apps/worker/src/virtual.ts', "import { x } from '@core/events';"],
  ['apps/importer/src/virtual.ts', "import { x } from 'bullmq';"],
  ['apps/api/src/virtual.ts', "import { x } from '@connectrpc/connect-node';"],
  ['apps/api/src/virtual.ts', "import { x } from '@core/shopify';"],
  ['apps/importer/src/virtual.ts', "import { x } from '@core/shopify';"],
  ['apps/console/src/virtual.ts', "import { x } from '@core/contracts/web';"],
  ['apps/console/test/virtual.ts', "import { x } from '@core/stack';"],
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
  ['apps/api/src/virtual.ts', "import { x } from '@core/stack';", 'type:app'],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/stack';", 'type:domain'],
  ['libs/stack/src/virtual.ts', "import { x } from '@core/domain';", ''],
  ['libs/shopify-stand-in/src/virtual.ts', "import { x } from '@core/db';", 'type:testing'],
  ['libs/runtime/src/virtual.ts', "import { x } from '@core/contracts';", ''],
  ['libs/db/src/virtual.ts', "import { x } from '@core/domain';", ''],
  ['libs/db/src/virtual.ts', "import { x } from '@core/crypto';", ''],
  ['libs/db/src/virtual.ts', "import { x } from '@core/reads';", ''],
  ['libs/crypto/src/virtual.ts', "import { x } from '@core/reads';", 'type:access'],
  ['apps/console/src/virtual.ts', "import { x } from '@core/runtime';", 'type:console'],
  ['apps/console/src/virtual.ts', "import { x } from '@core/domain';", 'type:console'],
  ['apps/api/src/virtual.ts', "import { x } from '@core/console';", 'type:app'],
  // Specs of ops and of the local stack start other apps, which Nx treats as dependencies.
  ['apps/ops/src/virtual.ts', "import { x } from '@core/local';", 'Circular dependency'],
  ['apps/api/src/virtual.ts', "import { x } from '@core/ops';", 'Circular dependency'],
  ['libs/domain/src/virtual.ts', "import { x } from '@core/shopify';", 'type:domain'],
  ['libs/shopify/src/virtual.ts', "import { x } from '@core/domain';", 'type:shopify'],
  ['libs/shopify/src/virtual.ts', "import { x } from '@core/db';", 'type:shopify'],
];

/** Lints each import as if it were in the given file. */
async function lint(cases: readonly (readonly [string, string, ...unknown[]])[]): Promise<Message[][]> {
  // Without a project graph the rule is skipped, and with an outdated one it is wrong. A new graph is
  // written.
  const graph = mkdtempSync(join(tmpdir(), 'core-graph-'));
  const env = { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: graph, NX_DAEMON: 'false' };
  try {
    await run(join(root, 'node_modules/.bin/nx'), ['show', 'projects'], { cwd: root, env });
    return await lintTexts(
      cases.map(([file, text]) => [file, `${text}\nexport const y = x;\n`]),
      env,
    );
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

  // The rule silently ignores imports of a package without exports or tags.
  const packages = ['apps', 'libs', 'infra'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(group, entry.name))
      .filter((folder) => readdirSync(join(root, folder)).includes('package.json')),
  );

  it('find every package', () => expect(packages.length).toBeGreaterThanOrEqual(19));

  it.each(packages)('cover %s, which has exports and tags', (folder) => {
    const { name, exports, nx } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      exports: Record<string, string>;
      nx: { tags: string[] };
    };
    expect(name).toMatch(/^@core\//);
    expect(exports['.']).toBe('./src/index.ts');
    for (const file of Object.values(exports)) expect(file).toMatch(/^[.][/]src[/][a-z-]+[.]ts$/);
    expect(nx.tags.map((tag) => tag.split(':')[0]).sort()).toEqual(['scope', 'type']);
  });
});
