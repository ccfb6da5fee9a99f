import { spawn } from 'node:child_process';
import { workspaceRoot } from '@core/testing';

/** A process of its own, as in failover.spec. */
async function runSuite(): Promise<{ code: number | null; lines: string[] }> {
  const suite = spawn(process.execPath, ['infra/faults/src/main.ts', 'poolers', '--short'], {
    cwd: workspaceRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  suite.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => suite.once('close', resolve));
  return { code, lines: output.trim().split('\n') };
}

it('has every app work behind pgbouncer in either mode, and no call fail', async () => {
  const { code, lines } = await runSuite();
  console.log(lines.join('\n'));
  // The lines contain the seed and the violations.
  expect([code, lines.filter((line) => !/^(ok|seed)/.test(line))]).toEqual([0, []]);
  expect(lines.filter((line) => line.startsWith('ok'))).toHaveLength(2);
}, 1_800_000);
