// Counts the dependencies (arrows) between the features of the domain: `node
// infra/tools/src/lint/count-arrows.ts`.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@core/testing';

interface Cruised {
  modules: { source: string; dependencies: { resolved: string; circular: boolean }[] }[];
}

const SRC = 'libs/domain/src/';
const root = workspaceRoot();

const { FEATURES } = (await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href)) as {
  FEATURES: readonly string[];
};
const { modules } = JSON.parse(
  execFileSync(
    join(root, 'node_modules/.bin/depcruise'),
    ['--output-type', 'json', '--include-only', `^${SRC}`, SRC],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  ),
) as Cruised;

/** Returns the feature of a file; undefined for the index of the package, which imports all features. */
const featureOf = (file: string): string | undefined => /^libs\/domain\/src\/([^/]+)\//.exec(file)?.[1];

const imports = modules.flatMap(({ source, dependencies }) =>
  dependencies.map(({ resolved, circular }) => ({
    from: featureOf(source),
    to: featureOf(resolved),
    circular,
  })),
);
const arrows = new Map<string, { isUpward: boolean; imports: number }>();
for (const { from, to } of imports) {
  if (from === undefined || to === undefined || from === to) continue;
  const name = `${from} -> ${to}`;
  const isUpward = FEATURES.indexOf(to) > FEATURES.indexOf(from);
  arrows.set(name, { isUpward, imports: (arrows.get(name)?.imports ?? 0) + 1 });
}
const features = new Set(modules.map(({ source }) => featureOf(source)).filter((name) => name !== undefined));

for (const [name, { isUpward, imports: count }] of [...arrows].sort()) {
  console.log(`${name}${isUpward ? '  upward' : ''}  (${count} imports)`);
}
const upward = [...arrows.values()].filter(({ isUpward }) => isUpward).length;
const onCycles = imports.filter(({ circular }) => circular).length;
console.log(
  `${features.size} features, ${arrows.size} arrows, ${upward} upward; ${onCycles} imports on cycles`,
);
