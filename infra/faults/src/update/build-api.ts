import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

/**
 * Bundles the api as deployed.
 * @param journal the migrations that this build knows; default: the service's own
 */
export async function buildApi(out: string, journal?: string): Promise<string> {
  const script = join(workspaceRoot(), 'infra/tools/src/build.ts');
  const args = [script, 'api', '--out', out, ...(journal ? ['--journal', journal] : [])];
  await promisify(execFile)(process.execPath, args, { cwd: workspaceRoot() });
  return join(out, 'api/main.mjs');
}
