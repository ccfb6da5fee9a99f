import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROW_REASONS } from '@core/domain';
import { workspaceRoot } from '@core/testing';
import { envRows, envSchemas } from '../src/documents/environment.ts';
import { readMetrics } from '../src/documents/read-metrics.ts';

const root = workspaceRoot();

it('has no value for a secret in .env.example', async () => {
  for (const { name, secret, defaults, example } of envRows(await envSchemas())) {
    if (!secret) continue;
    expect({ name, default: defaults.find((value) => value) }).toEqual({ name, default: undefined });
    expect({ name, placeholder: example === '' || example.includes('<') }).toEqual({
      name,
      placeholder: true,
    });
  }
});

// The section "8. Messages to the merchant" of the field cases names this spec as its proof.
it('has the texts of every reason of an import error in docs/imports.md', () => {
  const rows = readFileSync(join(root, 'docs/imports.md'), 'utf8')
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([, effect = '']) => /^`(not_stored|field_left_out|note)`$/.test(effect));
  expect(rows).toEqual(
    Object.entries(ROW_REASONS).map(([reason, { effect, merchant, support }]) => [
      `\`${reason}\``,
      `\`${effect}\``,
      merchant,
      support,
    ]),
  );
});

it('reads every metric that the product declares exactly once', () => {
  const names = readMetrics(root).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(40);
  expect(names).toEqual([...new Set(names)]);
  expect(names).toEqual(
    expect.arrayContaining(['core_rpc_duration_seconds', 'core_webhooks_waiting', 'core_consumer_lag']),
  );
});

/** Matches the files that the diagrams name, such as api/handlers/get-customer. */
const NAMED =
  /(?<![\w/@-])((?:api|worker|importer|ops|domain|events|reads|shopify|db)\/[a-z0-9/-]+[a-z0-9])(?=[\s<"`.,:;|)])/g;

it('names only existing files in the diagrams of docs/architecture.md', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const drawings = [...page.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  expect(drawings).toHaveLength(8);
  const named = drawings.slice(1).flatMap((text) => [...text.matchAll(NAMED)].map(([, name = '']) => name));
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !sourceOf(name))).toEqual([]);
});

function sourceOf(name: string): string | undefined {
  const [home = '', ...rest] = name.split('/');
  const kind = ['api', 'worker', 'importer', 'ops'].includes(home) ? 'apps' : 'libs';
  const file = join(root, kind, home, 'src', ...rest);
  for (const path of [`${file}.ts`, join(file, 'index.ts')]) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // Try the next path.
    }
  }
  return undefined;
}

it('a comment that refers to the glossary names a heading of it', () => {
  const page = readFileSync(join(root, 'docs/glossary.md'), 'utf8');
  const anchors = [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  );
  const named = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/docs\/glossary\.md#([a-z-]+)/g)].map(
      ([, anchor = '']) => `${file} ${anchor}`,
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((each) => !anchors.includes(each.split(' ')[1] ?? ''))).toEqual([]);
});
