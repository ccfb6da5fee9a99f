import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../../..');

/** The entry point of a deployable, and the files copied next to its bundle. */
interface Target {
  entry: string;
  copy?: [from: string, to: string][];
  /** Replaces a source file by another one, to measure its effect. */
  replace?: [file: string, by: string];
}

const targets: Record<string, Target> = {
  api: { entry: 'apps/api/src/main.ts' },
  'api-unbatched': {
    entry: 'apps/api/src/main.ts',
    replace: ['libs/reads/src/read-batcher.ts', 'infra/bench/src/peers/unbatched-reads.ts'],
  },
  worker: { entry: 'apps/worker/src/main.ts' },
  importer: {
    entry: 'apps/importer/src/main.ts',
    copy: [['node_modules/@bull-board/ui/dist', 'queues-ui/dist']],
  },
  ops: {
    entry: 'apps/ops/src/main.ts',
    copy: [
      ['libs/db/migrations', 'migrations'],
      ['libs/db/functions', 'functions'],
    ],
  },
  'shopify-stand-in': { entry: 'libs/shopify-stand-in/src/main.ts' },
  'auth-stand-in': { entry: 'libs/testing/src/auth/main.ts' },
};

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    /** The output folder. */
    out: { type: 'string', default: 'dist' },
    /** Replaces the repository's journal of migrations, for a build with other migrations. */
    journal: { type: 'string' },
  },
});

/** Bundles one deployable with everything that it imports into one file, dist/<name>/main.mjs. */
async function bundle(name: string): Promise<void> {
  const target = targets[name];
  if (!target) throw new Error(`Unknown target ${name}. Targets: ${Object.keys(targets).join(', ')}`);
  const out = resolve(root, options.out, name);
  const replace: [string, string][] = [
    ...(target.replace ? [target.replace] : []),
    ...(options.journal
      ? [['libs/db/migrations/meta/_journal.json', options.journal] as [string, string]]
      : []),
  ];
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [target.entry],
    outfile: join(out, 'main.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
    // pg requires pg-native, which we do not ship, inside a try block.
    external: ['pg-native'],
    plugins: replace.map(([file, by]) => replacing(file, by)),
    // CommonJS packages inside an ES module still call require and __dirname.
    banner: {
      js: [
        "import { createRequire as __createRequire } from 'node:module';",
        'const require = __createRequire(import.meta.url);',
        'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
      ].join(' '),
    },
  });
  // bundles.spec.ts reads this file to check what a bundle must not contain.
  writeFileSync(join(out, 'meta.json'), JSON.stringify(metafile));
  for (const [from, to] of target.copy ?? []) cpSync(join(root, from), join(out, to), { recursive: true });
}

const replacing = (file: string, by: string): Plugin => ({
  name: 'replace',
  setup({ onLoad, onEnd }) {
    let replaced = false;
    onLoad({ filter: /\.(?:ts|json)$/ }, ({ path }) => {
      if (!path.endsWith(`/${file}`)) return undefined;
      replaced = true;
      return {
        contents: readFileSync(resolve(root, by), 'utf8'),
        loader: by.endsWith('.json') ? 'json' : 'ts',
      };
    });
    onEnd(() =>
      replaced ? undefined : { errors: [{ text: `${file} cannot be replaced, because no file imports it` }] },
    );
  },
});

for (const name of names) await bundle(name);
