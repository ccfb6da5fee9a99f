import { spawn } from 'node:child_process';
import { fromSources, workspaceRoot } from '@core/testing';

/**
 * Runs the short form of a suite in a separate process: stand-ins and proxies share the suite's event loop,
 * and under Jest they block it for longer than the apps wait.
 */
export async function runSuite(name: string): Promise<{ code: number | null; lines: string[] }> {
  const run = fromSources('infra/faults/src/main.ts', name, '--short');
  const suite = spawn(process.execPath, run.args, {
    cwd: workspaceRoot(),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Less than Jest's limit for these specs (30 minutes), which would leave the suite running and hide its
    // lines.
    timeout: 1_700_000,
  });
  let output = '';
  suite.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => suite.once('close', resolve));
  return { code, lines: output.trim().split('\n') };
}
