import type { Pool } from 'pg';
import { createLogger, readEnv } from '@core/runtime';
import {
  databaseEnvironment,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startPostgres,
  type PostgresNode,
} from '@core/testing';
import { createPool, databaseEnv } from '@core/db';
import { openReadRouter, replicasEnv, type ReadRouter } from '../src/index.ts';

export interface Cluster {
  primary: PostgresNode;
  replicas: [PostgresNode, PostgresNode];
  /** The service's own pool on the primary. */
  pool: Pool;
  router: ReadRouter;
  /** The number of statements that each kind of node has answered, and how many were sent to another node. */
  seen: { primary: number; replica: number; rerouted: number; hedged: number };
  usable(): boolean[];
  stop(): Promise<void>;
}

/** Starts a primary with two standbys for this spec, which will stop them, and a router over them. */
export async function openCluster(): Promise<Cluster> {
  const dir = makeServicesDir();
  const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 2 });
  const { primary, replicas } = postgres;
  const env = readEnv(
    { ...databaseEnv, ...replicasEnv },
    {
      ...databaseEnvironment(primary.url),
      CORE_DB_REPLICAS: replicas.map(({ port }) => `127.0.0.1:${port}`).join(),
    },
  );
  const log = createLogger('router', 'silent');
  const pool = createPool(env, { app: 'test', log });
  const seen = { primary: 0, replica: 0, rerouted: 0, hedged: 0 };
  const router = await openReadRouter({
    env,
    app: 'test',
    primary: pool,
    log,
    observer: {
      read: (kind) => seen[kind]++,
      rerouted: () => seen.rerouted++,
      hedged: () => seen.hedged++,
    },
  });
  return {
    primary,
    replicas: replicas as [PostgresNode, PostgresNode],
    pool,
    router,
    seen,
    usable: () => router.replicas.map(({ usable }) => usable),
    async stop() {
      await router.stop();
      await pool.end();
      await postgres.stop();
      removeServicesDir(dir);
    },
  };
}

export interface Load {
  /** Number of answers so far. */
  readonly answered: number;
  readonly errors: readonly string[];
  stop(): Promise<void>;
}

/** Runs `width` loops that call `work` repeatedly and collect its errors. */
export function startLoad(width: number, work: (n: number) => Promise<unknown>): Load {
  let running = true;
  let answered = 0;
  const errors: string[] = [];
  const loop = async (n: number) => {
    while (running) {
      await work(n).then(
        () => answered++,
        (error: unknown) => {
          if (errors.push(String(error)) >= 100) running = false; // enough to identify the fault
        },
      );
      // Answers that need no socket would keep the event loop from turning.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const loops = Promise.all(Array.from({ length: width }, (_, n) => loop(n)));
  return {
    get answered() {
      return answered;
    },
    errors,
    async stop() {
      running = false;
      await loops;
    },
  };
}
