import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPool, migrateDatabase, type Pool } from '@core/db';
import { connectKafka, createTopics, type EventProducer, type KafkaClient } from '@core/events';
import { createLogger } from '@core/runtime';
import {
  fetchKafkaJars,
  postgresDir,
  seedCustomers,
  startKafka,
  startPostgres,
  workspaceRoot,
} from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

export const CUSTOMERS = 100_000;
export const MERCHANTS = 50;

export const log = createLogger('bench', 'silent');

export interface EventStack {
  /** As the worker's role. */
  pool: Pool;
  /** As the owner, without time limits. */
  owner: Pool;
  ownerUrl: string;
  kafka: KafkaClient;
  producer: EventProducer;
  broker: string;
  /** What a worker process needs to run on it. */
  workerEnvironment: Record<string, string>;
  /** Process ids. */
  kafkaPid: number;
  databasePid: number;
}

/** PostgreSQL with 100,000 customers of 50 merchants, and Kafka with the service's topics. */
export async function openStack(
  dir: string,
  { cleanUps, signal, say }: Pick<SuiteOptions, 'cleanUps' | 'signal' | 'say'>,
): Promise<EventStack> {
  const jars = await fetchKafkaJars(say);
  const [postgres, broker] = await Promise.all([
    startPostgres({ dir: postgresDir(dir), replicas: 0 }),
    startKafka({ dir: join(dir, 'kafka'), jars }),
  ]);
  cleanUps.add(() => postgres.stop());
  cleanUps.add(() => broker.stop());
  signal.throwIfAborted();
  const password = randomBytes(12).toString('hex');
  const { primary } = postgres;
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), { core_worker: password });
  say(`seeding ${CUSTOMERS} customers`);
  await seedCustomers(primary.url, { customers: CUSTOMERS, merchants: MERCHANTS });

  const at = { host: '127.0.0.1', port: primary.port };
  const env = {
    CORE_DB_HOST: at.host,
    CORE_DB_PORT: at.port,
    CORE_DB_NAME: 'core_db',
    CORE_DB_USER: 'core_worker',
    CORE_DB_PASSWORD: password,
    CORE_DB_TLS: false,
    CORE_DB_POOL: 16,
    CORE_DB_POOLER: 'none' as const,
  };
  const pool = createPool(env, { app: 'bench', log });
  cleanUps.add(() => pool.end());
  const ownerUrl = new URL(primary.url);
  const owner = createPool(
    { ...env, CORE_DB_USER: ownerUrl.username, CORE_DB_PASSWORD: ownerUrl.password },
    { app: 'bench-owner', log },
  );
  cleanUps.add(() => owner.end());
  const kafka = connectKafka({ brokers: [broker.broker], clientId: 'bench' });
  cleanUps.add(() => kafka.close());
  await createTopics(kafka);
  return {
    pool,
    owner,
    ownerUrl: primary.url,
    kafka,
    producer: await kafka.producer(),
    broker: broker.broker,
    workerEnvironment: {
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
      CORE_DB_POOL: '10',
      CORE_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      CORE_ADMIN_PORT: '0',
      KAFKA_BROKER: broker.broker,
      LOG_LEVEL: 'warn',
    },
    kafkaPid: broker.child.pid,
    databasePid: primary.child.pid,
  };
}
