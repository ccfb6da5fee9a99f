import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from '@core/db';
import {
  dataHome,
  freePort,
  launch,
  makeServicesDir,
  seedCustomers,
  startAuthStandIn,
  startPostgres,
  whenReady,
  workspaceRoot,
} from '@core/testing';

export interface StackOptions {
  merchants: number;
  customersEach: number;
  say: (line: string) => void;
  signal: AbortSignal;
  /** Everything that is started is stopped with it, last in, first out. */
  stops: AsyncDisposableStack;
}

/**
 * PostgreSQL with a replica and seeded customers, the Auth stand-in and the api, at free ports.
 * @returns the api's gRPC target
 */
export async function openStack(options: StackOptions): Promise<string> {
  const { merchants, customersEach, say, signal, stops } = options;
  const root = workspaceRoot();
  const dir = makeServicesDir();
  stops.defer(() => rmSync(dir, { recursive: true, force: true }));

  say('starting PostgreSQL with a replica');
  const data = join(dir, 'postgres');
  stops.defer(() => rmSync(dataHome(data), { recursive: true, force: true }));
  const postgres = await startPostgres({ dir: data, replicas: 1 });
  stops.defer(() => postgres.stop());
  signal.throwIfAborted();

  const customers = merchants * customersEach;
  say(`seeding ${customers} customers of ${merchants} merchants`);
  const { primary, replicas } = postgres;
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(root, 'libs/db/migrations'), { core_api: password });
  await seedCustomers(primary.url, { customers, merchants });
  signal.throwIfAborted();

  say('starting the api');
  const auth = await startAuthStandIn();
  stops.defer(() => auth.close());
  const [grpcPort, adminPort] = [await freePort(), await freePort()];
  const api = await launch({
    name: 'api',
    command: process.execPath,
    args: [join(root, 'apps/api/src/main.ts')],
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      CORE_DB_HOST: '127.0.0.1',
      CORE_DB_PORT: String(primary.port),
      CORE_DB_USER: 'core_api',
      CORE_DB_PASSWORD: password,
      CORE_DB_REPLICAS: replicas.map(({ port }) => `127.0.0.1:${port}`).join(),
      CORE_ENCRYPTION_KEYS: `load:${randomBytes(32).toString('base64')}`,
      CORE_GRPC_PORT: String(grpcPort),
      CORE_HTTP_PORT: '0',
      CORE_ADMIN_PORT: String(adminPort),
      AUTH_GRPC_URL: auth.address,
      LOG_LEVEL: 'warn',
    },
    logFile: join(dir, 'api.log'),
    pidFile: join(dir, 'api.pid'),
  });
  stops.defer(() => api.stop());
  await whenReady(api, async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok);
  signal.throwIfAborted();
  return `127.0.0.1:${grpcPort}`;
}
