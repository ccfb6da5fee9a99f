import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { statusName } from '@core/contracts';
import { freePort, launch, startRedis, waitUntil, workspaceRoot } from '@core/testing';
import { localSecrets } from '@core/local';
import { expectExact, importUntilMidway } from './imports.ts';
import { newMerchant, newShop, start, stop, watchImport, type E2e } from './support.ts';

const SHOP_SIZE = 5_000;

const baseEnv = ({ stack, dir }: E2e, app: 'api' | 'importer') => ({
  PATH: process.env['PATH'],
  CORE_DB_HOST: '127.0.0.1',
  CORE_DB_PORT: new URL(stack.env.DEV_DB_URL).port,
  CORE_DB_USER: `core_${app}`,
  CORE_DB_PASSWORD: localSecrets(dir).rolePasswords[`core_${app}`],
  CORE_ENCRYPTION_KEYS: localSecrets(dir).encryptionKeys,
  CORE_GRPC_PORT: '0',
  CORE_HTTP_PORT: '0',
  CORE_ADMIN_PORT: '0',
});

/** Starts an app that is expected to exit or to wait. */
const run = (dir: string, app: 'api' | 'importer', env: NodeJS.ProcessEnv) => {
  const name = `${app}-fault`;
  return launch({
    name,
    command: process.execPath,
    args: [join(workspaceRoot(), `apps/${app}/src/main.ts`)],
    cwd: workspaceRoot(),
    env,
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
};

export const faults = (e2e: () => E2e, replace: (next: E2e) => void) => {
  it('refuses a database without its migrations and names the command', async () => {
    const admin = new Client(e2e().stack.services.postgres.primary.adminUrl);
    await admin.connect();
    await admin.query('create database unmigrated');
    await admin.end();
    const api = await run(e2e().dir, 'api', { ...baseEnv(e2e(), 'api'), CORE_DB_NAME: 'unmigrated' });
    expect(await api.exited).toBe('exit code 1');
    expect(readFileSync(api.logFile, 'utf8')).toContain('npm run ops -- migrate');
  });

  it('names the variable of a taken port, and of an invalid value without printing the value', async () => {
    const port = e2e().stack.env.CORE_GRPC_ADDR.split(':')[1];
    const taken = await run(e2e().dir, 'api', { ...baseEnv(e2e(), 'api'), CORE_GRPC_PORT: port });
    expect(await taken.exited).toBe('exit code 1');
    expect(readFileSync(taken.logFile, 'utf8')).toContain('CORE_GRPC_PORT');
    const wrong = await run(e2e().dir, 'api', {
      ...baseEnv(e2e(), 'api'),
      CORE_ENCRYPTION_KEYS: 'hunter2',
      CORE_DB_PORT: 'x',
    });
    expect(await wrong.exited).toBe('exit code 1');
    const log = readFileSync(wrong.logFile, 'utf8');
    expect(log).toContain('CORE_DB_PORT');
    expect(log).not.toContain('hunter2');
  });

  it('waits for Redis until it is available, reports it, and connects', async () => {
    const [redisPort, adminPort] = [await freePort(), await freePort()];
    const importer = await run(e2e().dir, 'importer', {
      ...baseEnv(e2e(), 'importer'),
      CORE_ADMIN_PORT: String(adminPort),
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    });
    await waitUntil(() => readFileSync(importer.logFile, 'utf8').includes('waiting for Redis'), {
      what: 'the importer to report that it waits',
    });
    expect(importer.alive()).toBe(true);
    const redis = await startRedis({ dir: join(e2e().dir, 'late-redis'), port: redisPort });
    await waitUntil(async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok, {
      what: 'readiness',
    });
    await importer.stop();
    await redis.stop();
  });

  it('resumes an import from the bundles after the whole stack was stopped during the import', async () => {
    for (const app of ['api', 'worker', 'importer']) {
      execFileSync(process.execPath, [join(workspaceRoot(), 'infra/tools/src/build.ts'), app], {
        cwd: workspaceRoot(),
      });
    }
    const [merchantId, shop] = [newMerchant(), newShop()];
    const { importId } = await importUntilMidway(e2e(), merchantId, shop, SHOP_SIZE);
    await stop(e2e());
    replace(await start(e2e().dir, { bundled: true }));
    const last = await watchImport(e2e(), merchantId, importId);
    expect([statusName(last.status), last.error]).toEqual(['COMPLETED', '']);
    expect(last).toMatchObject({ read: 5_000n, created: 5_000n, failed: 0n });
    await expectExact(e2e(), merchantId, shop);
  });
};
