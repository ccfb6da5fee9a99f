import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from './child.ts';
import { externalPostgres, openExternalPostgres, type PostgresAddresses } from './external-postgres.ts';
import { fetchKafkaJars } from './kafka-jars.ts';
import { startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { dataHome } from './unprivileged.ts';

/**
 * Addresses of the services for tests. Jest's workers get them as JSON in the environment, see testServices.
 */
export interface TestServices {
  postgres: PostgresAddresses;
  /** host:port */
  kafka: { broker: string };
  redis: { url: string };
}

export interface RunningTestServices {
  addresses: TestServices;
  children: Child[];
  /** Stops everything and removes the data. */
  stop(): Promise<void>;
}

/** Creates a temp folder for all data of the services started in it. PostgreSQL's user may traverse it. */
export function makeServicesDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'core-test-'));
  chmodSync(dir, 0o711);
  return dir;
}

/** Returns PostgreSQL's folder in such a folder. Its data may be stored elsewhere, see dataHome. */
export const postgresDir = (dir: string): string => join(dir, 'postgres');

/** Removes such a folder, with all data of the services that ran in it. */
export function removeServicesDir(dir: string): void {
  rmSync(dataHome(postgresDir(dir)), { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}

interface TestPostgres {
  addresses: PostgresAddresses;
  children: Child[];
  stop(): Promise<void>;
}

/** Starts a primary with a standby for this run, or uses the server named by the environment. */
async function openPostgres(dir: string): Promise<TestPostgres> {
  const given = externalPostgres();
  if (given) {
    const { addresses, close } = await openExternalPostgres(given);
    return { addresses, children: [], stop: close };
  }
  const { primary, replicas, stop } = await startPostgres({ dir, replicas: 1 });
  const [replica] = replicas;
  if (!replica) throw new Error('PostgreSQL started without its replica');
  return {
    addresses: { adminUrl: primary.adminUrl, url: primary.url, replicaUrl: replica.url },
    children: [primary.child, replica.child],
    stop,
  };
}

/**
 * Starts PostgreSQL with a standby, Kafka and Redis on free ports, with data in a new temp folder. If the
 * environment names a PostgreSQL server, it uses that one.
 * @param onReady called for each service that is up, with its name and start time in milliseconds
 * @throws Error if a service does not start; the others are stopped first
 */
export async function startTestServices(
  onReady: (name: string, ms: number) => void = () => undefined,
): Promise<RunningTestServices> {
  const dir = makeServicesDir();
  const timed = async <T>(name: string, service: Promise<T>): Promise<T> => {
    const begin = performance.now();
    const value = await service;
    onReady(name, performance.now() - begin);
    return value;
  };
  const starting = [
    timed('PostgreSQL', openPostgres(postgresDir(dir))),
    timed(
      'Kafka',
      fetchKafkaJars().then((jars) => startKafka({ dir: join(dir, 'kafka'), jars })),
    ),
    timed('Redis', startRedis({ dir: join(dir, 'redis'), persist: false })),
  ] as const;
  const stop = async () => {
    for (const outcome of await Promise.allSettled(starting)) {
      if (outcome.status === 'fulfilled') await outcome.value.stop();
    }
    removeServicesDir(dir);
  };
  try {
    const [postgres, kafka, redis] = await Promise.all(starting);
    return {
      addresses: {
        postgres: postgres.addresses,
        kafka: { broker: kafka.broker },
        redis: { url: redis.url },
      },
      children: [...postgres.children, kafka.child, redis.child],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
