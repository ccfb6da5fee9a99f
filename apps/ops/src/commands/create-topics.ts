import { createTopics as create, kafkaEnv, replicatedTopicSpecs, type TopicSpec } from '@core/events';
import { applyAcls, PRINCIPAL_OPTIONS } from '../acls/apply-acls.ts';
import { defineCommand } from '../cli/command.ts';
import { flag } from '../cli/option.ts';
import { withKafka } from '../connect/with-kafka.ts';

export const createTopics = defineCommand({
  name: 'topics',
  does: 'create the Kafka topics that are missing',
  details: `
A topic gets three replicas, two of which must be in sync; with fewer brokers it gets one replica per broker.
Run the command while all brokers are up.

Existing topics are not changed. The command reports each topic whose partitions, replicas, retention or
compaction differ from the documented ones, and leaves the change to you. With more partitions, a customer's
next events would go to another partition than the earlier ones; a shorter retention deletes records.

With --acl no topic is created: the command shows the required ACLs, and adds them with --yes. Run it as a
broker user who may change ACLs (a super user). The broker needs an authorizer, and
allow.everyone.if.no.acl.found=false. Other ACLs are not changed; the command names other principals that may
write to a topic that this service reads.`,
  options: {
    acl: flag('show the ACLs that the topics need, and other principals that may write'),
    ...PRINCIPAL_OPTIONS,
    yes: flag('with --acl: add the missing ones'),
  },
  env: kafkaEnv,
  run: ({ values, env, terminal }) =>
    withKafka(env, async (kafka) => {
      if (values.acl) return applyAcls(kafka, values, terminal);
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
          created.length > 0 ? `created ${created.join(', ')}` : 'every topic exists',
          ...drift.map(
            ({ topic, setting, expected, found }) => `${topic}: ${setting} is ${found}, not ${expected}`,
          ),
        ],
      };
    }),
});

interface Drift {
  topic: string;
  /** Partitions, replicas, or a topic setting such as retention.ms. */
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
