import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const VERSION = 'v1.8.1';

/**
 * Returns the path of k6 of this version, <root>/.local/k6-<version>/k6. The first run builds it from source,
 * which takes some minutes at low priority, because the same machine is measured next. On Debian, a missing
 * Go is installed.
 * @throws Error that names what to install on other systems
 */
export async function ensureK6(say: (line: string) => void, signal: AbortSignal): Promise<string> {
  const root = workspaceRoot();
  const folder = join(root, '.local', `k6-${VERSION}`);
  const k6 = join(folder, 'k6');
  if (existsSync(k6)) return k6;
  const run = promisify(execFile);
  await run(process.execPath, [join(root, 'infra/local/src/ensure.ts'), 'go'], { cwd: root, signal });
  say(`building k6 ${VERSION} from source, once; this takes some minutes`);
  const unfinished = `${folder}-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await run('nice', ['go', 'install', `go.k6.io/k6@${VERSION}`], {
      cwd: unfinished, // outside of any module
      env: { ...process.env, GOBIN: unfinished, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -p=1` },
      signal,
    });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return k6;
}
