import { databaseEnv, decideStepOver, inTransaction } from '@core/db';
import { INBOUND, kafkaEnv, workerGroup, type KafkaClient } from '@core/events';
import { pause } from '@core/runtime';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError, UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { integer, text } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { assertGroupReads } from '../connect/assert-group.ts';
import { assertPartition, assertTopicExists, withKafka } from '../connect/with-kafka.ts';
import {
  findUnreadable,
  type FoundUnreadable,
  type UnreadableRange,
} from '../dead-letters/find-unreadable.ts';

/** The worker checks for a decision every five seconds, and commits shortly after. */
const WAIT_MS = 15_000;

export const stepOverUnreadable = defineCommand({
  name: 'dlq step-over',
  does: 'step over unreadable records that block their partition',
  details: `
A record that is damaged, has an unknown codec, or is larger than 64 MiB decompressed blocks its partition.
core_consumer_unreadable_offset shows its position. First check whether a newer build can read it, or whether
another replica has an intact copy. A record that is stepped over is lost for the worker: a dead letter of the
reason unreadable records its position and the problem, and its producer has to send it again. Its bytes stay
in the topic until the retention ends; --json prints them in base64.`,
  options: {
    topic: text('<topic>', `only this topic (default: ${INBOUND.join(', ')})`),
    group: text('<name>', "this consumer group (default: the worker's)"),
    partition: integer('only this partition of --topic', { max: 100_000 }),
    offset: integer('only this offset of --partition; the command fails if the group does not wait there'),
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
        const ranges: UnreadableRange[] = [];
        for (const topic of one === undefined ? INBOUND : [one]) {
          assertTopicExists(topics, topic);
          if (named !== undefined) await assertGroupReads(kafka, named, [topic]);
          if (partition !== undefined) assertPartition(topic, partition, await kafka.endOffsets(topic));
          const found = await findUnreadable(kafka, { group: named ?? workerGroup(topic), topic, signal });
          const meant = found.unreadable.filter(
            (each) =>
              (partition === undefined || each.found.partition === partition) &&
              (offset === undefined || each.found.first === BigInt(offset)),
          );
          if (offset !== undefined && meant.length === 0) throw new OpsError(notThere(values, found));
          ranges.push(...meant);
        }
        const what = count(ranges.length, 'place');
        const preview =
          ranges.length > 0
            ? [...lines(ranges), `would step over ${what}`]
            : ['no partition waits at an unreadable record'];
        const act =
          ranges.length > 0 && (await confirmAction(values, terminal, preview, `step over ${what}?`));
        if (!act) {
          return {
            json: { dry_run: true, unreadable: ranges.map(toJson) },
            lines: ranges.length > 0 ? [...preview, DRY_RUN_NOTICE] : preview,
          };
        }
        const actor = actorOf(values.actor);
        await inTransaction(pool, async (tx) => {
          for (const { found } of ranges) await decideStepOver(tx, { ...found, offset: found.first }, actor);
        });
        const waiting = await untilPassed(kafka, ranges, signal);
        return {
          json: { dry_run: false, unreadable: ranges.map(toJson), waiting: waiting.map(toJson) },
          lines: [
            `stepped over ${count(ranges.length - waiting.length, 'place')}`,
            ...waiting.map((each) => `${positionOf(each)} still waits: a worker steps over it once it runs`),
          ],
        };
      }),
    );
  },
});

const positionOf = ({ found }: UnreadableRange): string => `${found.topic}/${found.partition}/${found.first}`;

const lines = (ranges: readonly UnreadableRange[]): string[] =>
  table(
    ['topic', 'partition', 'offset', 'last', 'bytes', 'why'],
    ranges.map(({ found }) => [
      found.topic,
      found.partition,
      found.first,
      found.last,
      found.raw?.length ?? '-',
      printable(found.why),
    ]),
  );

const toJson = ({ group, found }: UnreadableRange) => ({
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
  { unreadable, positions }: FoundUnreadable,
): string {
  const waits = unreadable.find(({ found }) => found.partition === partition)?.found.first;
  const offsetNow = positions.find((each) => each.partition === partition)?.offset;
  const instead =
    offsetNow === undefined
      ? 'it has read the whole partition'
      : `it is at offset ${offsetNow} and keeps reading`;
  return `the group does not wait at ${topic}/${partition}/${offset}: ${waits === undefined ? instead : `it waits at ${waits}`}`;
}

/** Waits until a worker has stepped over the records. @returns those that no worker has passed in time */
async function untilPassed(
  kafka: Pick<KafkaClient, 'groupOffsets'>,
  ranges: readonly UnreadableRange[],
  signal: AbortSignal,
): Promise<UnreadableRange[]> {
  let waiting = [...ranges];
  for (const end = Date.now() + WAIT_MS; waiting.length > 0 && Date.now() < end && !signal.aborted;) {
    await pause(500, signal);
    const still: UnreadableRange[] = [];
    for (const each of waiting) {
      const { committed } =
        (await kafka.groupOffsets(each.group, each.found.topic))[each.found.partition] ?? {};
      if (committed === undefined || committed <= each.found.last) still.push(each);
    }
    waiting = still;
  }
  return waiting;
}
