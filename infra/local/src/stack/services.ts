import { join } from 'node:path';
import {
  fetchKafkaJars,
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
import type { StackPorts } from './ports.ts';

export interface Services {
  postgres: Postgres;
  kafka: Kafka;
  redis: Redis;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  dir: string;
  /** Survives a power cut; tests only need to survive kill -9. */
  durable: boolean;
  /** Drops the data of earlier starts. */
  fresh?: boolean;
  say: (line: string) => void;
}

const REPLICAS = 1;

/**
 * Stops processes of an earlier run on its ports, for a run that was killed together with its supervisors.
 */
export const stopLeftovers = (dir: string): Promise<unknown> =>
  Promise.all([
    stopLeftoverPostgres(join(dir, 'postgres'), REPLICAS),
    stopLeftoverKafka(join(dir, 'kafka')),
    stopLeftoverRedis(join(dir, 'redis')),
  ]);

/** Starts PostgreSQL with its replica, Kafka and Redis side by side; stops them all when one fails. */
export async function startServices({
  dir,
  ports,
  durable,
  fresh = false,
  say,
}: ServiceOptions & { ports: StackPorts }): Promise<Services> {
  const settings = (name: 'postgres' | 'kafka' | 'redis') => ({
    dir: join(dir, name),
    fresh,
    port: ports[name],
  });
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(started.map((service) => service.stop())));
  const note = async <T extends { stop(): Promise<void> }>(
    name: string,
    starting: Promise<T>,
  ): Promise<T> => {
    const service = await starting;
    started.push(service);
    say(`${name} is up`);
    return service;
  };
  const kafka = async () => {
    const jars = await fetchKafkaJars(say);
    return startKafka({ ...settings('kafka'), jars });
  };
  const results = await Promise.allSettled([
    note(
      'PostgreSQL with a replica',
      startPostgres({ ...settings('postgres'), replicas: REPLICAS, replicaPorts: [ports.replica], durable }),
    ),
    note('Kafka', kafka()),
    note('Redis', startRedis(settings('redis'))),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [postgres, kafkaUp, redis] = results.map(
    (result) => (result as PromiseFulfilledResult<unknown>).value,
  ) as [Postgres, Kafka, Redis];
  return { postgres, kafka: kafkaUp, redis, stop };
}
