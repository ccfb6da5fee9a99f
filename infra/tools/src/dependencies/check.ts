// Checks installed packages for known vulnerabilities: `node infra/tools/src/dependencies/check.ts`.
import { spawnSync } from 'node:child_process';
import { workspaceRoot } from '@core/testing';
import { judgeAudit } from './judge-audit.ts';

// npm retries several times. A registry that has not answered by then counts as unreachable.
const LIMIT_MS = 60_000;

const { stdout } = spawnSync('npm', ['audit', '--json'], {
  cwd: workspaceRoot(),
  encoding: 'utf8',
  timeout: LIMIT_MS,
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const { failures, notes } = judgeAudit(stdout);
for (const line of [...failures, ...notes]) console.log(line);
if (failures.length > 0) process.exitCode = 1;
