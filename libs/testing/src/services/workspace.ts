import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The repository's root, found upwards from the working folder: Nx runs a package's tests inside the
 * package, npm scripts run at the root. (Not from this file's own place: it is `import.meta` in Node and
 * `__dirname` in Jest, and neither form compiles in the other.)
 */
export function workspaceRoot(from = process.cwd()): string {
  if (existsSync(join(from, 'nx.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('run this inside the repository: no nx.json above the working folder');
  return workspaceRoot(parent);
}
