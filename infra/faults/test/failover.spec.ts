import { spawn } from 'node:child_process';
import { workspaceRoot } from '@core/testing';

/**
 * A process of its own: the stand-in of the shop and the proxy before the primary share the suite's event loop, and
 * under Jest the stand-in's 400,000 customers block it for longer than the apps wait for their primary.
 */
async function runSuite(): Promise<{ code: number | null; lines: string[] }> {
  const suite = spawn(process.execPath, ['infra/faults/src/main.ts', 'failover', '--short'], {
    cwd: workspaceRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  suite.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => suite.once('close', resolve));
  return { code, lines: output.trim().split('\n') };
}

it('has every app write again after a hung primary and after half-open connections, and no read fail', async () => {
  const { code, lines } = await runSuite();
  // The lines contain the seed and the violations.
  expect([code, lines.filter((line) => !/^(ok|seed)/.test(line))]).toEqual([0, []]);
  expect(lines.filter((line) => line.startsWith('ok')).length).toBeGreaterThanOrEqual(2);
}, 1_800_000);
