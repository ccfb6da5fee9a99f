import { join } from 'node:path';
import {
  fetchKafkaJars,
  postgresDir,
  startKafka,
  startPostgres,
  startRedis,
  stopLeftoverKafka,
  stopLeftoverPostgres,
  stopLeftoverRedis,
  type Kafka,
  type Postgres,
  type Redis,
} from '@core/testing';
import type { StackOptions } from './options.ts';

/** The services that belong to one stack. */
export interface Services {
  postgres?: Postgres | undefined;
  kafka?: Kafka | undefined;
  redis?: Redis | undefined;
}

const foldersOf = (dir: string) => ({
  postgres: postgresDir(dir),
  kafka: join(dir, 'kafka'),
  redis: join(dir, 'redis'),
});

/**
 * Stops processes that an earlier run left running on the folder, because it was killed together with its
 * watchdogs.
 */
export async function stopLeftovers(
  dir: string,
  { postgres, kafka, redis }: Pick<StackOptions, 'postgres' | 'kafka' | 'redis'>,
): Promise<void> {
  const folders = foldersOf(dir);
  await Promise.all([
    postgres && stopLeftoverPostgres(folders.postgres, postgres.replicas ?? 0),
    kafka && stopLeftoverKafka(folders.kafka),
    redis && stopLeftoverRedis(folders.redis),
  ]);
}

/**
 * Starts PostgreSQL, Kafka and Redis in parallel. When one fails, the caller stops the others through
 * `stops`.
 */
export async function startServices(
  { postgres, kafka, redis }: Pick<StackOptions, 'postgres' | 'kafka' | 'redis'>,
  { dir, stops, say }: { dir: string; stops: AsyncDisposableStack; say: (line: string) => void },
): Promise<Services> {
  const folders = foldersOf(dir);
  const up = async <T extends { stop(): Promise<void> }>(name: string, starting: Promise<T>): Promise<T> => {
    const service = await starting;
    stops.defer(() => service.stop());
    say(`${name} is up`);
    return service;
  };
  const replicas = postgres?.replicas ?? 0;
  const names = `PostgreSQL${replicas === 0 ? '' : replicas === 1 ? ' with a replica' : ` with ${replicas} replicas`}`;
  const starting = [
    postgres && up(names, startPostgres({ ...postgres, dir: folders.postgres })),
    kafka &&
      up(
        'Kafka',
        fetchKafkaJars(say).then((jars) => startKafka({ ...kafka, dir: folders.kafka, jars })),
      ),
    redis && up('Redis', startRedis({ ...redis, dir: folders.redis })),
  ] as const;
  // Wait for all of them, so that none comes up after the others have been stopped.
  const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const [postgresUp, kafkaUp, redisUp] = await Promise.all(starting);
  return { postgres: postgresUp, kafka: kafkaUp, redis: redisUp };
}
