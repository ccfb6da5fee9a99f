import { databaseEnv, inTransaction } from '@core/db';
import { readOutboxStatus, type OutboxStatus, type ShardStatus } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { age, bytes, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const showOutboxStatus = defineCommand({
  name: 'outbox status',
  does: 'show what waits to be published, and which relay publishes it',
  details: `
A shard that nobody holds for longer than a few seconds, or whose oldest event grows older, is not relayed: is a worker
ready, and does Kafka answer? Events that Kafka has refused for good are counted beside them: \`outbox refused\`.`,
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
      printable(shard.holder ?? 'nobody'),
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
  return seconds < 0 ? `over for ${age(-seconds)}` : `${seconds.toFixed(1)}s`;
}
