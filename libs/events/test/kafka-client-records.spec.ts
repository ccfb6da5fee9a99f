import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchKafkaJars, startKafka, type Kafka } from '@core/testing';
import { connectKafka, type KafkaClient } from '../src/index.ts';
import { codecsSuite } from './codecs-suite.ts';
import { topicChangesSuite } from './topic-changes-suite.ts';
import { unreadableSuite } from './unreadable-suite.ts';

// A separate broker, because its log is damaged and its topics are deleted.
let dir: string;
let kafka: Kafka;
let client: KafkaClient;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-records-'));
  kafka = await startKafka({ dir, jars: await fetchKafkaJars() });
  client = connect();
});
afterAll(async () => {
  await client?.close();
  await kafka?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const connect = () => connectKafka({ brokers: [kafka.broker], clientId: 'spec' });
const open = () => ({ broker: kafka.broker, client, connect, dir });
codecsSuite('kafkajs', open);
unreadableSuite('kafkajs', open);
topicChangesSuite('kafkajs', open);
