import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fetchKafkaJars, startKafka, waitUntil, type Kafka } from '@core/testing';
import { connectKafka, type KafkaOptions, type Sasl } from '../src/index.ts';

let dir: string;
let kafka: Kafka;
const trusted = getCACertificates('default');
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-secured-'));
  kafka = await startKafka({ dir, jars: await fetchKafkaJars(), secured: true });
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await kafka?.stop();
  rmSync(dir, { recursive: true, force: true });
});
// This has the same effect as NODE_EXTRA_CA_CERTS for a process.
beforeEach(() => setDefaultCACertificates([...trusted, kafka.secured!.ca]));

const login = (change: Partial<Sasl> = {}): Sasl => {
  const { username, password } = kafka.secured!;
  return { mechanism: 'scram-sha-512', username, password, ...change };
};
const connect = (options: Partial<KafkaOptions> = {}) =>
  connectKafka({ brokers: [kafka.secured!.broker], clientId: 'spec', tls: true, sasl: login(), ...options });
const listTopics = async (options: Partial<KafkaOptions>) => {
  const client = connect(options);
  try {
    return await client.topics();
  } finally {
    await client.close();
  }
};

it.each(['plain', 'scram-sha-512'] as const)(
  'joins with TLS and the right password (%s)',
  async (mechanism) => {
    const client = connect({ sasl: login({ mechanism }) });
    const topic = `spec.${randomUUID()}`;
    await client.ensureTopics([{ name: topic, partitions: 1, config: {} }]);
    await (await client.producer()).send([{ topic, key: 'key', headers: {}, value: 'secret' }]);
    const seen: string[] = [];
    const consumer = await client.consume({
      groupId: topic,
      topics: [topic],
      onBatch: async (records) => void seen.push(...records.map(({ value }) => String(value))),
    });
    await waitUntil(() => seen.length > 0, { what: 'the record' });
    expect(seen).toEqual(['secret']);
    expect(consumer.joined()).toBe(true);
    await client.close();
  },
);

it('reports a wrong password', async () => {
  for (const mechanism of ['plain', 'scram-sha-512'] as const) {
    await expect(listTopics({ sasl: login({ mechanism, password: 'wrong' }) })).rejects.toThrow(
      /authentication/i,
    );
  }
});

it('refuses a certificate of an unknown CA', async () => {
  setDefaultCACertificates(trusted);
  await expect(listTopics({})).rejects.toThrow(/self-signed certificate/);
});

it('fails without TLS on a TLS port', async () => {
  await expect(listTopics({ tls: false })).rejects.toThrow();
});
