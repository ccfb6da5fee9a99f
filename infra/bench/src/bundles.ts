import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

/** Bundles deployables into dist/<name>/main.mjs, as the container images hold them. */
export async function buildBundles(names: readonly string[]): Promise<void> {
  const root = workspaceRoot();
  await promisify(execFile)(process.execPath, [join(root, 'infra/local/src/build.ts'), ...names], {
    cwd: root,
  });
}
