import { Topic } from '@core/contracts';
import { kafkaEnv, type GroupOffset } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/option.ts';
import { count, table } from '../cli/print.ts';
import { assertTopicExists, withKafka } from '../connect/with-kafka.ts';

/** The worker's. */
const GROUP = 'core-worker';
const INBOUND = [Topic.rfmUpdated, Topic.gdprRequestCreated];

export const showConsumerLag = defineCommand({
  name: 'consumer lag',
  does: 'show how far a consumer group is, by topic and partition',
  details:
    'A group that has committed nothing of a partition (committed: -) begins at the oldest record kept.',
  options: {
    group: text('<name>', `of this group (${GROUP})`),
    topic: text('<topic>', `of this topic (${INBOUND.join(', ')})`),
  },
  env: kafkaEnv,
  run: ({ values, env }) => {
    const { group = GROUP, topic } = values;
    return withKafka(env, async (kafka, topics) => {
      const rows: ({ topic: string; partition: number } & GroupOffset)[] = [];
      for (const name of topic === undefined ? INBOUND : [topic]) {
        assertTopicExists(topics, name);
        const offsets = await kafka.groupOffsets(group, name);
        rows.push(...offsets.map((offset, partition) => ({ topic: name, partition, ...offset })));
      }
      const lag = rows.reduce((sum, row) => sum + row.lag, 0n);
      return {
        json: {
          group,
          lag,
          partitions: rows.map((row) => ({
            topic: row.topic,
            partition: row.partition,
            committed: row.committed ?? null,
            end: row.end,
            lag: row.lag,
          })),
        },
        lines: [
          `${group}: ${count(Number(lag), 'record')} behind`,
          '',
          ...table(
            ['topic', 'partition', 'committed', 'end', 'lag'],
            rows.map((row) => [row.topic, row.partition, row.committed ?? '-', row.end, row.lag]),
          ),
        ],
      };
    });
  },
});
