import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const VERSION = 'v1.9.3';

/**
 * Returns a folder with a grpcurl, to be put on PATH. It is empty when grpcurl is installed. With Go on the
 * machine, Go builds the real grpcurl; without Go, a wrapper of our own client accepts the same arguments.
 */
export function grpcurlFolder(dir: string): string {
  if (spawnSync('grpcurl', ['--version']).status === 0) return '';
  const bin = join(workspaceRoot(), '.local/bin');
  if (existsSync(join(bin, 'grpcurl'))) return bin;
  const install = ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`];
  if (spawnSync('go', install, { env: { ...process.env, GOBIN: bin } }).status === 0) return bin;
  const own = join(dir, 'bin');
  mkdirSync(own, { recursive: true });
  const script = join(workspaceRoot(), 'infra/e2e/test/e2e/grpcurl-main.ts');
  writeFileSync(join(own, 'grpcurl'), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(join(own, 'grpcurl'), 0o755);
  return own;
}
