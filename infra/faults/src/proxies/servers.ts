import { Pool } from 'pg';
import {
  answersReady,
  apiEnvironment,
  endPool,
  freePort,
  launchApp,
  makeServicesDir,
  merchantIdOf,
  removeServicesDir,
  whenReady,
  type Child,
} from '@core/testing';
import { openApiDatabase } from '../api-database.ts';

export interface Server {
  /** At the same ports each time. Resolves when it is ready; does nothing when it runs. */
  start(): Promise<void>;
  /** SIGTERM. Resolves when it is gone. */
  end(): Promise<void>;
}

export interface Servers {
  dir: string;
  /** The ports of both, by those that the files of infra/proxies name. */
  ports: ReadonlyMap<number, number>;
  /** An import that runs for ever. */
  watched: { merchantId: string; importId: string };
  /** The number of customers in the database. */
  stored(): Promise<number>;
  both: readonly [Server, Server];
  close(): Promise<void>;
}

/** Two apis on one database, whose connections live for a second, which is the least. */
export async function openServers(): Promise<Servers> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    const { ownerUrl, on } = await openApiDatabase(dir, closing);
    const owner = new Pool({ connectionString: ownerUrl, max: 2 });
    closing.push(() => endPool(owner));
    const env = {
      ...apiEnvironment(on),
      CORE_GRPC_CONNECTION_AGE: '1',
      CORE_API_PROCESSES: '1',
      CORE_DB_POOL: '4',
      LOG_LEVEL: 'warn',
    };
    const merchantId = merchantIdOf(1);
    const { rows } = await owner.query<{ id: string }>(
      `insert into customer_import_logs (merchant_id, shop, status, started_at)
       values ($1, 'watched.myshopify.com', 'running', now()) returning id`,
      [merchantId],
    );
    const watched = { merchantId, importId: rows[0]?.id ?? '' };
    const ports = new Map<number, number>();
    const create = async (name: string, grpcPort: number, adminPort: number) => {
      const [grpc, admin] = [await freePort(), await freePort()];
      ports.set(grpcPort, grpc).set(adminPort, admin);
      let running: Child | undefined;
      const server: Server = {
        async start() {
          if (running) return;
          const child = await launchApp({
            app: 'api',
            dir,
            name,
            env: {
              ...env,
              CORE_GRPC_PORT: String(grpc),
              CORE_ADMIN_PORT: String(admin),
            },
          });
          running = child;
          await whenReady(child, () => answersReady(child, `http://127.0.0.1:${admin}`));
        },
        async end() {
          if (!running) return;
          process.kill(running.pid, 'SIGTERM');
          await running.exited;
          running = undefined;
        },
      };
      closing.push(() => running?.stop());
      return server;
    };
    const both = [await create('core-1', 50_051, 9_101), await create('core-2', 50_052, 9_102)];
    const stored = async () => {
      const { rows } = await owner.query<{ n: number }>('select count(*)::integer as n from customers');
      return rows[0]?.n ?? 0;
    };
    return { dir, ports, watched, stored, both: both as [Server, Server], close };
  } catch (error) {
    await close();
    throw error;
  }
}
