import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Topic } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { KafkaClient } from '@core/events';
import { startStack, type Stack } from '@core/stack';
import { fetchKafkaJars, freePort, grpcClient, startKafka, type GrpcClient } from '@core/testing';
import { startTrapProxy, type TrapProxy } from '../trap-proxy.ts';

export interface FaultStack extends AsyncDisposable {
  stack: Stack;
  owner: Pool;
  /** The api, a process without faults, through which the writers write. */
  rpc: GrpcClient;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  /** All traffic to Kafka goes through this proxy, also the traffic of the driver. */
  kafkaProxy: TrapProxy;
  /** The workers' traffic to PostgreSQL. */
  postgresProxy: TrapProxy;
  /** The variables of a worker process that differ from the stack's. */
  environment: Record<string, string>;
  broker: {
    /** SIGKILL. */
    kill(): Promise<void>;
    /** @param forget deletes the producers' sequence numbers that the broker knows */
    start(options?: { forget?: boolean }): Promise<void>;
  };
}

/** Larger than the broker's default limit: another cluster may allow its producers larger records. */
const LARGEST_RECORD = 12 * 1024 * 1024;

export async function openFaultStack(say: (line: string) => void): Promise<FaultStack> {
  await using started = new AsyncDisposableStack();
  const port = await freePort();
  const kafkaProxy = await startTrapProxy(() => port, await freePort());
  started.defer(() => kafkaProxy.close());
  const config = { 'max.message.bytes': String(LARGEST_RECORD) };
  const stack = started.use(
    await startStack({
      postgres: {},
      kafka: {
        port,
        advertisedPort: kafkaProxy.port,
        topics: [{ name: Topic.rfmUpdated, partitions: 6, config }],
      },
      auth: {},
      say: (line) => say(`... ${line}`),
    }),
  );
  let broker = stack.kafka;
  const postgresProxy = await startTrapProxy(() => stack.postgres.primary.port);
  stack.defer(() => postgresProxy.close());
  const rpc = grpcClient((await stack.start('api')).target);
  stack.defer(() => rpc.close());
  const stops = started.move();
  return {
    stack,
    owner: stack.pool('core_owner', { max: 6 }),
    rpc,
    keys: stack.keys,
    kafka: stack.connectKafka(),
    kafkaProxy,
    postgresProxy,
    environment: {
      CORE_DB_PORT: String(postgresProxy.port),
      RFM_UNKNOWN_WAIT: '5',
      LOG_LEVEL: 'info',
    },
    broker: {
      kill: () => broker.child.kill(),
      start: async ({ forget = false } = {}) => {
        const dir = join(stack.dir, 'kafka');
        if (forget) forgetProducers(join(dir, 'data'));
        const jars = await fetchKafkaJars(say);
        broker = await startKafka({ dir, jars, port, advertisedPort: kafkaProxy.port });
        stack.defer(broker.stop);
      },
    },
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}

/**
 * Kafka keeps the producers' last sequence numbers in <offset>.snapshot next to each partition's log files.
 */
function forgetProducers(data: string): void {
  for (const file of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.snapshot')) rmSync(join(data, file));
  }
}
