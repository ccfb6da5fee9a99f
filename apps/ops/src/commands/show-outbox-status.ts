import { databaseEnv, inTransaction } from '@core/db';
import { readOutboxStatus, type OutboxStatus, type ShardStatus } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { age, bytes, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const showOutboxStatus = defineCommand({
  name: 'outbox status',
  does: 'show the events that wait to be published, and the relay of each shard',
  details: `
A shard is not relayed if it has no holder for more than a few seconds, or if its oldest event grows older.
Check whether a worker is ready and whether Kafka answers. Events that Kafka refused permanently are counted
separately; \`outbox refused\` lists them.`,
  options: {},
  env: databaseEnv,
  run: ({ env }) =>
    withDatabase(env, async (pool) => {
      const status = await inTransaction(pool, readOutboxStatus);
      return { json: { backlog: backlogOf(status), ...status }, lines: lines(status) };
    }),
});

const backlogOf = ({ shards }: OutboxStatus): number => shards.reduce((sum, { backlog }) => sum + backlog, 0);

const lines = (status: OutboxStatus): string[] => [
  `${count(backlogOf(status), 'event')} to publish`,
  ...refusedLines(status.refused),
  '',
  ...table(
    ['shard', 'backlog', 'oldest', 'lease', 'fence', 'holder'],
    status.shards.map((shard) => [
      shard.shard,
      shard.backlog,
      shard.oldest_seconds === null ? '-' : age(shard.oldest_seconds),
      leaseOf(shard),
      shard.fence,
      printable(shard.holder ?? 'none'),
    ]),
  ),
  '',
  ...table(
    ['partition', 'events', 'size', 'writers'],
    status.partitions.map(({ partition, events, bytes: size, current }) => [
      partition,
      events,
      bytes(size),
      current ? 'append here' : '-',
    ]),
  ),
];

const refusedLines = ({ events, oldest_seconds: oldest }: OutboxStatus['refused']): string[] =>
  oldest === null
    ? []
    : [
        `${count(events, 'event')} refused by Kafka, the oldest ${age(oldest)} ago; see: npm run ops -- outbox refused`,
      ];

function leaseOf({ holder, lease_seconds: seconds }: ShardStatus): string {
  if (holder === null || seconds === null) return '-';
  return seconds < 0 ? `expired ${age(-seconds)} ago` : `${seconds.toFixed(1)}s`;
}
