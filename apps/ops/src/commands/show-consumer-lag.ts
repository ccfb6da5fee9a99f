import { INBOUND, kafkaEnv, workerGroup, type GroupOffset } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/option.ts';
import { count, table } from '../cli/print.ts';
import { assertGroupReads } from '../connect/assert-group.ts';
import { assertTopicExists, withKafka } from '../connect/with-kafka.ts';

export const showConsumerLag = defineCommand({
  name: 'consumer lag',
  does: 'show the lag of a consumer group, by topic and partition',
  details:
    'A group without a committed offset in a partition (committed: -) starts at the oldest record kept.',
  options: {
    group: text('<name>', "only this group (default: the worker's group of each topic)"),
    topic: text('<topic>', `only this topic (default: ${INBOUND.join(', ')})`),
  },
  env: kafkaEnv,
  run: ({ values, env }) => {
    const { group: named, topic } = values;
    return withKafka(env, async (kafka, topics) => {
      const asked = topic === undefined ? INBOUND : [topic];
      for (const name of asked) assertTopicExists(topics, name);
      if (named !== undefined) await assertGroupReads(kafka, named, asked);
      const rows: ({ group: string; topic: string; partition: number } & GroupOffset)[] = [];
      for (const name of asked) {
        const group = named ?? workerGroup(name);
        const offsets = await kafka.groupOffsets(group, name);
        rows.push(...offsets.map((offset, partition) => ({ group, topic: name, partition, ...offset })));
      }
      const groups = [...new Set(rows.map(({ group }) => group))];
      const lag = rows.reduce((sum, row) => sum + row.lag, 0n);
      return {
        json: {
          group: groups.join(', '),
          lag,
          partitions: rows.map((row) => ({
            ...(named === undefined ? { group: row.group } : {}),
            topic: row.topic,
            partition: row.partition,
            committed: row.committed ?? null,
            end: row.end,
            lag: row.lag,
          })),
        },
        lines: [
          `${groups.join(', ')}: ${count(Number(lag), 'record')} behind`,
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
