import { createTopics as create, kafkaEnv, replicatedTopicSpecs, type TopicSpec } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { withKafka } from '../connect/with-kafka.ts';

export const createTopics = defineCommand({
  name: 'topics',
  does: 'create the Kafka topics that are missing',
  details: `
A topic gets three replicas of which two must be in sync, or as many as there are brokers: run it while all are up.
Topics that are there stay as they are. Where one differs from its documented partitions, replicas, retention or
compaction, that is said and left to you: more partitions send a customer's next events to another partition, beside
the earlier ones, and a shorter retention deletes.`,
  options: {},
  env: kafkaEnv,
  run: ({ env }) =>
    withKafka(env, async (kafka) => {
      const created = await create(kafka);
      const specs = replicatedTopicSpecs(await kafka.brokers());
      const settings = [...new Set(specs.flatMap(({ config }) => Object.keys(config)))];
      const actual = await kafka.describeTopics(
        specs.map(({ name }) => name),
        settings,
      );
      const drift = specs.flatMap((spec) => driftOf(spec, actual));
      return {
        json: { created, drift },
        lines: [
          created.length > 0 ? `created ${created.join(', ')}` : 'every topic was there',
          ...drift.map(
            ({ topic, setting, expected, found }) => `${topic}: ${setting} is ${found}, not ${expected}`,
          ),
        ],
      };
    }),
});

interface Drift {
  topic: string;
  /** partitions, replicas, or a topic setting such as retention.ms. */
  setting: string;
  expected: string;
  found: string;
}

function driftOf({ name, partitions, replicas, config }: TopicSpec, actual: readonly TopicSpec[]): Drift[] {
  const found = actual.find((topic) => topic.name === name);
  const pairs = [
    ['partitions', String(partitions), String(found?.partitions)],
    ['replicas', String(replicas), String(found?.replicas)],
    ...Object.entries(config).map(([setting, value]) => [setting, value, found?.config[setting] ?? 'unset']),
  ] as [string, string, string][];
  return pairs
    .filter(([, expected, is]) => expected !== is)
    .map(([setting, expected, is]) => ({ topic: name, setting, expected, found: is }));
}
