import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds the repository's root, upwards from the working directory: Nx runs a package's tests inside the
 * package, npm scripts run at the root. Rejected: starting from this file's path. Node has `import.meta` for
 * it and Jest `__dirname`, and neither compiles in the other.
 */
export function workspaceRoot(from = process.cwd()): string {
  if (existsSync(join(from, 'nx.json'))) return from;
  const parent = dirname(from);
  if (parent === from)
    throw new Error(
      'Run this inside the repository: no nx.json was found in the working directory or above it',
    );
  return workspaceRoot(parent);
}
