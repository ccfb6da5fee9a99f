import { randomBytes } from 'node:crypto';
import { rmSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { allTopics, Topic } from '@core/contracts';
import { createMerchantKeyStore, migrateDatabase, parseKeyring, type MerchantKeyStore } from '@core/db';
import { connectKafka, createTopics, type KafkaClient } from '@core/events';
import { untilReady } from '@core/runtime';
import {
  fetchKafkaJars,
  freePort,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startKafka,
  startPostgres,
  workspaceRoot,
  type Kafka,
} from '@core/testing';
import { startTrapProxy, type TrapProxy } from './trap-proxy.ts';

export interface FaultStack {
  dir: string;
  /** As the worker's role, past the proxy. */
  pool: Pool;
  owner: Pool;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  /** All traffic to Kafka goes through it; the driver's own, too. */
  kafkaProxy: TrapProxy;
  /** The workers' traffic to PostgreSQL. */
  postgresProxy: TrapProxy;
  /** Of a worker process. */
  environment: Record<string, string>;
  broker: {
    /** SIGKILL. */
    kill(): Promise<void>;
    /** @param forget drops what it knows of producers' sequence numbers */
    start(options?: { forget?: boolean }): Promise<void>;
  };
  close(): Promise<void>;
}

/** Larger than the broker's own limit: a producer elsewhere may have been allowed to. */
const LARGEST_RECORD = 12 * 1024 * 1024;

export async function openFaultStack(say: (line: string) => void): Promise<FaultStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    const jars = await fetchKafkaJars(say);
    const kafkaDir = join(dir, 'kafka');
    let running: Kafka;
    const kafkaProxy = await startTrapProxy(() => running.port, await freePort());
    closing.push(() => kafkaProxy.close());
    running = await startKafka({ dir: kafkaDir, jars, advertisedPort: kafkaProxy.port });
    closing.push(() => running.stop());
    const { port } = running;

    const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 0 });
    closing.push(() => postgres.stop());
    const postgresProxy = await startTrapProxy(() => postgres.primary.port);
    closing.push(() => postgresProxy.close());
    const password = randomBytes(12).toString('hex');
    const migrations = join(workspaceRoot(), 'libs/db/migrations');
    await migrateDatabase(postgres.primary.url, migrations, { core_worker: password });
    const urlAt = (at: number) => `postgresql://core_worker:${password}@127.0.0.1:${at}/core_db`;
    // The commands of the driver are those of api, which the worker's role may not run: hence the owner's.
    const owner = new Pool({ connectionString: postgres.primary.url, max: 12 });
    const pool = new Pool({ connectionString: urlAt(postgres.primary.port), max: 4 });
    closing.push(() => Promise.all([owner.end(), pool.end()]));

    const kafka = connectKafka({ brokers: [`127.0.0.1:${kafkaProxy.port}`], clientId: 'faults' });
    closing.push(() => kafka.close());
    const large = { 'max.message.bytes': String(LARGEST_RECORD) };
    await kafka.ensureTopics([{ name: Topic.rfmUpdated, partitions: 6, config: large }]);
    await createTopics(kafka);
    // A broker may know the leaders of new topics and not lead them yet.
    for (const topic of allTopics()) {
      await untilReady(() => kafka.endOffsets(topic), { what: topic, onWait: say });
    }
    const keyring = `k1:${randomBytes(32).toString('base64')}`;
    return {
      dir,
      pool,
      owner,
      keys: createMerchantKeyStore(parseKeyring(keyring)),
      kafka,
      kafkaProxy,
      postgresProxy,
      environment: {
        CORE_DB_HOST: '127.0.0.1',
        CORE_DB_PORT: String(postgresProxy.port),
        CORE_DB_NAME: 'core_db',
        CORE_DB_USER: 'core_worker',
        CORE_DB_PASSWORD: password,
        CORE_ENCRYPTION_KEYS: keyring,
        KAFKA_BROKER: `127.0.0.1:${kafkaProxy.port}`,
        RFM_UNKNOWN_WAIT: '5',
        LOG_LEVEL: 'info',
      },
      broker: {
        kill: () => running.child.kill(),
        start: async ({ forget = false } = {}) => {
          if (forget) forgetProducers(join(kafkaDir, 'data'));
          running = await startKafka({ dir: kafkaDir, jars, port, advertisedPort: kafkaProxy.port });
        },
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Kafka keeps the producers' last sequence numbers in <offset>.snapshot beside each partition's segments. */
function forgetProducers(data: string): void {
  for (const file of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.snapshot')) rmSync(join(data, file));
  }
}
