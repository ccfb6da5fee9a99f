import { getTableName, sql } from 'drizzle-orm';
import { customerTopic } from '@core/contracts';
import {
  columns,
  outboxEvents,
  outboxRefused,
  outboxShards,
  relation,
  returning,
  runOn,
  statement,
  type Pool,
} from '@core/db';
import { Counter, Gauge, type Registry } from '@core/runtime';
import type { OutboxRow } from './outbox-rows.ts';

/**
 * The backlog is counted up to this number, and estimated above it: a scrape must not read a million rows.
 */
const COUNTED = 10_000;

/** Creates the outbox metrics. Backlog and age are read at each scrape, whichever relay holds the shards. */
export function createRelayMetrics(
  registry: Registry,
  pool: Pool,
): { onPublished: (rows: readonly OutboxRow[]) => void; onRefused: () => void; onSwitched: () => void } {
  const registers = [registry];
  const published = new Counter({
    name: 'core_outbox_published_total',
    help: 'Events that Kafka has acknowledged, repetitions included',
    labelNames: ['topic'],
    registers,
  });
  const refused = new Counter({
    name: 'core_outbox_refused_total',
    help: 'Events that Kafka refuses permanently; they are kept for `ops outbox refused`',
    registers,
  });
  const switches = new Counter({
    name: 'core_outbox_switches_total',
    help: 'Times that writers were switched to an emptied partition of the outbox',
    registers,
  });
  const oldest = new Gauge({
    name: 'core_outbox_oldest_age_seconds',
    help: 'Age of the oldest event that waits to be published',
    registers,
  });
  const setAside = new Gauge({
    name: 'core_outbox_set_aside',
    help: 'Refused events that are kept: an operator has to inspect them with `ops outbox refused`',
    registers,
  });
  new Gauge({
    name: 'core_outbox_backlog',
    help: "Events that wait to be published; above 10,000 an estimate from PostgreSQL's statistics",
    registers,
    async collect() {
      // While the database is unavailable, the last figures stay.
      const backlog = await readBacklog(pool).catch(() => undefined);
      if (!backlog) return;
      this.set(backlog.waiting);
      oldest.set(backlog.age);
      setAside.set(backlog.refused);
    },
  });
  return {
    onPublished: (rows) => {
      for (const { version } of rows) published.inc({ topic: customerTopic(version) });
    },
    onRefused: () => refused.inc(),
    onSwitched: () => switches.inc(),
  };
}

/** The oldest event is the first of a shard, or was written at almost the same time. */
const BACKLOG = statement({
  crosses: 'statistics',
  text() {
    const { occurredAt, shard, id } = outboxEvents;
    const n = sql<number>`count(*)`;
    const counted = relation('counted', { n });
    const estimate = sql<number>`coalesce(sum(n_live_tup), 0)`;
    const estimated = relation('estimated', { n: estimate });
    const first = relation('first', { occurredAt });
    const age = sql`(select extract(epoch from now() - min(${first.occurredAt}))
      from ${outboxShards}
           cross join lateral (select ${columns({ occurredAt })} from ${outboxEvents}
                                where ${shard} = ${outboxShards.shard} order by ${id} limit 1) as ${first})`;
    return returning(
      {
        waiting: sql<number>`(case when ${counted.n} < ${COUNTED} then ${counted.n}
          else greatest(${counted.n}, ${estimated.n}) end)::float8`,
        age: sql<number>`coalesce(${age}, 0)::float8`,
        refused: sql<number>`(select count(*)::float8 from ${outboxRefused})`,
      },
      (row) => sql`
      with ${counted} as (
        select ${columns({ n })} from (select from ${outboxEvents} limit ${COUNTED}) as waiting),
      ${estimated} as (
        select ${columns({ n: estimate })} from pg_stat_user_tables where relname ^@ ${`${getTableName(outboxEvents)}_`})
      select ${row} from ${counted}, ${estimated}`,
    );
  },
});

const readBacklog = async (pool: Pool) => (await runOn(pool, BACKLOG))[0];
