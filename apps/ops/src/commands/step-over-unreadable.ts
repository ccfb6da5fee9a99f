import { databaseEnv, decideStepOver, inTransaction } from '@core/db';
import { INBOUND, kafkaEnv, workerGroup, type KafkaClient } from '@core/events';
import { pause } from '@core/runtime';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError, UsageError } from '../cli/errors.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { integer, text } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { assertGroupReads } from '../connect/assert-group.ts';
import { assertPartition, assertTopicExists, withKafka } from '../connect/with-kafka.ts';
import { findObstacles, type FoundObstacles, type Obstacle } from '../dead-letters/find-unreadable.ts';

/** The worker looks every five seconds, and commits a moment later. */
const WAIT_MS = 15_000;

export const stepOverUnreadable = defineCommand({
  name: 'dlq step-over',
  does: 'step over records that cannot be read and hold up their partition',
  details: `
A record that is damaged, of an unknown codec, or larger than 64 MiB decompressed holds up its partition, and
core_consumer_unreadable_offset names the place. Look first whether a newer build reads it, or another replica has it whole.
Stepped over, it is lost for the worker: a dead letter of the reason unreadable says where it was and what was wrong, and its
producer has to send it again. Its bytes stay in the topic until the retention ends; --json shows them in base64.`,
  options: {
    topic: text('<topic>', `of this topic alone (${INBOUND.join(', ')})`),
    group: text('<name>', "of this consumer group (the worker's)"),
    partition: integer('of this partition of --topic alone', { max: 100_000 }),
    offset: integer('at this offset of --partition alone; it fails when the group does not wait there'),
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...kafkaEnv },
  run: ({ values, env, terminal, signal }) => {
    const { topic: one, group: named, partition, offset } = values;
    if (offset !== undefined && partition === undefined) throw new UsageError('--offset: needs --partition');
    if (partition !== undefined && one === undefined) throw new UsageError('--partition: needs --topic');
    if (named !== undefined && one === undefined) throw new UsageError('--group: needs --topic');
    return withDatabase(env, (pool) =>
      withKafka(env, async (kafka, topics) => {
        const obstacles: Obstacle[] = [];
        for (const topic of one === undefined ? INBOUND : [one]) {
          assertTopicExists(topics, topic);
          if (named !== undefined) await assertGroupReads(kafka, named, [topic]);
          if (partition !== undefined) assertPartition(topic, partition, await kafka.endOffsets(topic));
          const found = await findObstacles(kafka, { group: named ?? workerGroup(topic), topic, signal });
          const meant = found.obstacles.filter(
            (each) =>
              (partition === undefined || each.found.partition === partition) &&
              (offset === undefined || each.found.first === BigInt(offset)),
          );
          if (offset !== undefined && meant.length === 0) throw new OpsError(notThere(values, found));
          obstacles.push(...meant);
        }
        const what = count(obstacles.length, 'place');
        const preview =
          obstacles.length > 0
            ? [...lines(obstacles), `would step over ${what}`]
            : ['no partition waits for a record that cannot be read'];
        const act = obstacles.length > 0 && (await mayAct(values, terminal, preview, `step over ${what}?`));
        if (!act) {
          return {
            json: { dry_run: true, unreadable: obstacles.map(toJson) },
            lines: obstacles.length > 0 ? [...preview, NOTHING_DONE] : preview,
          };
        }
        const actor = actorOf(values.actor);
        await inTransaction(pool, async (tx) => {
          for (const { found } of obstacles)
            await decideStepOver(tx, { ...found, offset: found.first }, actor);
        });
        const waiting = await untilPassed(kafka, obstacles, signal);
        return {
          json: { dry_run: false, unreadable: obstacles.map(toJson), waiting: waiting.map(toJson) },
          lines: [
            `stepped over ${count(obstacles.length - waiting.length, 'place')}`,
            ...waiting.map((each) => `${positionOf(each)} waits still: a worker steps over it once it runs`),
          ],
        };
      }),
    );
  },
});

const positionOf = ({ found }: Obstacle): string => `${found.topic}/${found.partition}/${found.first}`;

const lines = (obstacles: readonly Obstacle[]): string[] =>
  table(
    ['topic', 'partition', 'offset', 'last', 'bytes', 'why'],
    obstacles.map(({ found }) => [
      found.topic,
      found.partition,
      found.first,
      found.last,
      found.raw?.length ?? '-',
      printable(found.why),
    ]),
  );

const toJson = ({ group, found }: Obstacle) => ({
  group,
  topic: found.topic,
  partition: found.partition,
  offset: found.first,
  last_offset: found.last,
  why: found.why,
  raw: found.raw?.toString('base64') ?? null,
});

function notThere(
  {
    topic,
    partition,
    offset,
  }: { topic?: string | undefined; partition?: number | undefined; offset?: number | undefined },
  { obstacles, standings }: FoundObstacles,
): string {
  const waits = obstacles.find(({ found }) => found.partition === partition)?.found.first;
  const stands = standings.find((each) => each.partition === partition)?.offset;
  const instead =
    stands === undefined ? 'it has read everything there' : `it stands at ${stands}, and reads on`;
  return `no group waits at ${topic}/${partition}/${offset}: ${waits === undefined ? instead : `it waits at ${waits}`}`;
}

/** @returns those that a worker has not stepped over in time */
async function untilPassed(
  kafka: Pick<KafkaClient, 'groupOffsets'>,
  obstacles: readonly Obstacle[],
  signal: AbortSignal,
): Promise<Obstacle[]> {
  let waiting = [...obstacles];
  for (const end = Date.now() + WAIT_MS; waiting.length > 0 && Date.now() < end && !signal.aborted;) {
    await pause(500, signal);
    const still: Obstacle[] = [];
    for (const each of waiting) {
      const { committed } =
        (await kafka.groupOffsets(each.group, each.found.topic))[each.found.partition] ?? {};
      if (committed === undefined || committed <= each.found.last) still.push(each);
    }
    waiting = still;
  }
  return waiting;
}
