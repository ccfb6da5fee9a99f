import { randomBytes } from 'node:crypto';
import { rmSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { allTopics, Topic } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { migrateDatabase } from '@core/db';
import { connectKafka, createTopics, type KafkaClient } from '@core/events';
import { untilReady } from '@core/runtime';
import {
  endPool,
  fetchKafkaJars,
  freePort,
  grpcClient,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startApi,
  startAuthStandIn,
  startKafka,
  startPostgres,
  workspaceRoot,
  type GrpcClient,
  type Kafka,
} from '@core/testing';
import { startTrapProxy, type TrapProxy } from '../trap-proxy.ts';

export interface FaultStack {
  dir: string;
  owner: Pool;
  /** The api, a process that no fault meets: it is the writers' door. */
  rpc: GrpcClient;
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
    await migrateDatabase(postgres.primary.url, migrations, { core_worker: password, core_api: password });
    const owner = new Pool({ connectionString: postgres.primary.url, max: 6 });
    closing.push(() => endPool(owner));
    const keyring = `k1:${randomBytes(32).toString('base64')}`;
    const database = `postgresql://core_api:${password}@127.0.0.1:${postgres.primary.port}/core_db`;
    const auth = await startAuthStandIn();
    closing.push(() => auth.close());
    const on = { database, replicas: [], auth: auth.address };
    const api = await startApi(dir, on, { CORE_ENCRYPTION_KEYS: keyring });
    closing.push(() => api.child.stop());
    const rpc = grpcClient(api.target);
    closing.push(() => rpc.close());

    const kafka = connectKafka({ brokers: [`127.0.0.1:${kafkaProxy.port}`], clientId: 'faults' });
    closing.push(() => kafka.close());
    const large = { 'max.message.bytes': String(LARGEST_RECORD) };
    await kafka.ensureTopics([{ name: Topic.rfmUpdated, partitions: 6, config: large }]);
    await createTopics(kafka);
    // A broker may know the leaders of new topics and not lead them yet.
    for (const topic of allTopics()) {
      await untilReady(() => kafka.endOffsets(topic), {
        what: topic,
        log: { warn: (_: unknown, message?: string) => say(message ?? '') },
      });
    }
    return {
      dir,
      owner,
      rpc,
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
