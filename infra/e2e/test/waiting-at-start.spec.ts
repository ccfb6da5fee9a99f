// tag: compliance
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { freePort, fromSources, testServices, waitUntil } from '@core/testing';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Line {
  level: string;
  msg: string;
}

/** Starts an app, and returns the first log line that reports that it waits. */
async function waitingLine(app: string, env: Record<string, string>): Promise<Line> {
  const run = fromSources(`apps/${app}/src/main.ts`);
  const child = spawn(process.execPath, run.args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...run.env,
      CORE_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
      CORE_DB_USER: `core_${app}`,
      CORE_API_PROCESSES: '1',
      CORE_LISTEN_HOST: '127.0.0.1',
      CORE_ADMIN_PORT: '0',
      KAFKA_BROKER: `127.0.0.1:${await freePort()}`,
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      ...env,
    },
  });
  running.push(child);
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  return waitUntil(() => lines.find(({ msg }) => msg.startsWith('waiting for')), { what: `${app} to wait` });
}

describe.each(['api', 'worker', 'importer'])('the %s', (app) => {
  it('warns of a wrong password, and names the variables to check', async () => {
    const { hostname, port } = new URL(testServices().postgres.adminUrl);
    const line = await waitingLine(app, {
      CORE_DB_HOST: hostname,
      CORE_DB_PORT: port,
      CORE_DB_PASSWORD: 'not the password',
    });
    expect(line).toMatchObject({
      level: 'warn',
      msg: expect.stringMatching(/^waiting for PostgreSQL: .*see CORE_DB_USER and CORE_DB_PASSWORD/),
    });
    expect(JSON.stringify(line)).not.toContain('not the password');
  });

  it('warns of an unreachable server', async () => {
    const unreachable = {
      CORE_DB_HOST: '127.0.0.1',
      CORE_DB_PORT: String(await freePort()),
      CORE_DB_PASSWORD: 'x',
    };
    expect(await waitingLine(app, unreachable)).toMatchObject({
      level: 'warn',
      msg: 'waiting for PostgreSQL: see CORE_DB_HOST and CORE_DB_PORT',
    });
  });
});
