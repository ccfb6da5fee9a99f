import { join } from 'node:path';
import {
  fetchKafkaJars,
  startKafka,
  startPostgres,
  startRedis,
  type Kafka,
  type Postgres,
  type Redis,
} from '@core/testing';

export interface Services {
  postgres: Postgres;
  kafka: Kafka;
  redis: Redis;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  dir: string;
  /** The well-known ports (or the next free ones), rather than any free ones. */
  wellKnownPorts: boolean;
  /** Survives a power cut; tests only need to survive kill -9. */
  durable: boolean;
  /** Drops the data of earlier starts. */
  fresh?: boolean;
  say: (line: string) => void;
}

/** Starts PostgreSQL with its replica, Kafka and Redis side by side; stops them all when one fails. */
export async function startServices({
  dir,
  wellKnownPorts,
  durable,
  fresh = false,
  say,
}: ServiceOptions): Promise<Services> {
  // Each looks for its free port itself, after it has stopped what an earlier run left on it.
  const place = (name: string, port: number) => ({
    dir: join(dir, name),
    fresh,
    ...(wellKnownPorts ? { port } : {}),
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
    return startKafka({ ...place('kafka', 9092), jars });
  };
  const results = await Promise.allSettled([
    note('PostgreSQL with a replica', startPostgres({ ...place('postgres', 5433), replicas: 1, durable })),
    note('Kafka', kafka()),
    note('Redis', startRedis(place('redis', 6379))),
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
