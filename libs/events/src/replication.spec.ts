import { Registry, type Logger } from '@core/runtime';
import { allTopics } from '@core/contracts';
import type { TopicSpec } from './kafka-client.ts';
import { createTopics, isUnderReplicated, replicationFor, reportReplication } from './replication.ts';

it.each([
  [0, 1, 1],
  [1, 1, 1],
  [2, 2, 1],
  [3, 3, 2],
  [4, 3, 2],
  [30, 3, 2],
])(
  'with %i brokers, uses %i replicas per topic, of which %i must be in sync',
  (brokers, replicas, minInSync) => {
    expect(replicationFor(brokers)).toEqual({ replicas, minInSync });
  },
);

it.each([
  [1, 1, true],
  [2, 1, true],
  [2, 2, true],
  [3, 1, true],
  [3, 3, true],
  [3, 2, false],
  [5, 3, false],
])('recognizes whether %i replicas with %i in sync are weak: %s', (replicas, minInSync, weak) => {
  expect(isUnderReplicated({ replicas, minInSync })).toBe(weak);
});

it('creates every topic with the replication that the number of brokers allows', async () => {
  let requested: readonly TopicSpec[] = [];
  await createTopics({
    brokers: async () => 3,
    ensureTopics: async (specs) => {
      requested = specs;
      return [];
    },
  });
  expect(requested.map(({ name }) => name)).toEqual(allTopics());
  for (const { replicas, config } of requested) {
    expect([replicas, config['min.insync.replicas']]).toEqual([3, '2']);
  }
});

describe('the report at the start of an app', () => {
  const report = async (production: boolean, replicas: number, minInSync: number) => {
    const lines: string[] = [];
    const metrics = new Registry();
    const log = { warn: (what: object, text: string) => void lines.push(JSON.stringify(what) + text) };
    const describeTopics = async (names: readonly string[]) => {
      if (replicas === 0) throw new Error('TOPIC_AUTHORIZATION_FAILED');
      const config = { 'min.insync.replicas': String(minInSync) };
      return names.map((name) => ({ name, partitions: 6, replicas, config }));
    };
    await reportReplication({ describeTopics }, { log: log as Pick<Logger, 'warn'>, metrics, production });
    return { lines, figures: await metrics.metrics() };
  };

  it('warns of weak topics in production, and exports the metrics everywhere', async () => {
    const { lines, figures } = await report(true, 2, 1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"topic":"rfm.updated","replicas":2,"minInSync":1');
    expect(lines[0]).toContain('add brokers');
    expect(figures).toContain('core_topic_replicas{topic="customer.created"} 2');
    expect(figures).toContain('core_topic_min_insync_replicas{topic="rfm.updated.dlq"} 1');
    expect((await report(false, 1, 1)).lines).toEqual([]);
    expect((await report(true, 3, 2)).lines).toEqual([]);
  });

  it('names the missing right, and does not prevent the start', async () => {
    const { lines } = await report(false, 0, 0);
    expect(lines[0]).toContain('DescribeConfigs');
  });
});
