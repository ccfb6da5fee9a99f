import { spawn } from 'node:child_process';
import { fromSources, workspaceRoot } from '@core/testing';
import type { EntryPoint } from '../case.ts';

export interface AppStart {
  app: 'api' | 'worker' | 'importer';
  env: Record<string, string>;
}

/** An app that has not exited by then has started, or hangs. */
const MAX_WAIT_MS = 120_000;

/** The outcome is the exit code of an app that does not start, and its fatal message. */
export const appStarts: EntryPoint<AppStart> = {
  name: 'start',
  show: ({ app, env }) =>
    `${app} with ${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  async send({ environmentOf }, inputs) {
    const outcomes: string[] = [];
    for (const { app, env } of inputs) {
      const run = fromSources(`apps/${app}/src/main.ts`);
      const child = spawn(process.execPath, run.args, {
        cwd: workspaceRoot(),
        env: { PATH: process.env['PATH'], ...run.env, ...environmentOf(app), CORE_ADMIN_PORT: '0', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: MAX_WAIT_MS,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      }
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      outcomes.push(code === null ? 'keeps running' : `ends with ${code}: ${fatalMessageOf(output)}`);
    }
    return outcomes;
  },
};

/** Returns the fatal message in its log, without the heading of the list of wrong variables. */
function fatalMessageOf(output: string): string {
  const line = output.split('\n').findLast((one) => one.includes('"level":"fatal"')) ?? '{}';
  const { msg = 'nothing' } = JSON.parse(line) as { msg?: string };
  return msg.slice(msg.indexOf('\n') + 1).trim();
}
