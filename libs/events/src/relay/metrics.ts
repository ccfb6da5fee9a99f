import { customerTopic } from '@core/contracts';
import type { Pool } from '@core/db';
import { Counter, Gauge, type Registry } from '@core/runtime';
import type { OutboxRow } from './outbox-rows.ts';

/** Up to here the backlog is counted, above it is estimated: a scrape must not read a million rows. */
const COUNTED = 10_000;

/** The figures of the outbox. Backlog and age are read at each scrape, whoever holds the shards. */
export function createRelayMetrics(
  registry: Registry,
  pool: Pool,
): { onPublished: (rows: readonly OutboxRow[]) => void; onRefused: () => void; onRotated: () => void } {
  const registers = [registry];
  const published = new Counter({
    name: 'core_outbox_published_total',
    help: 'Events that Kafka has acknowledged, repetitions included',
    labelNames: ['topic'],
    registers,
  });
  const refused = new Counter({
    name: 'core_outbox_refused_total',
    help: 'Events that Kafka refuses for good; they are kept in the table outbox_refused',
    registers,
  });
  const rotations = new Counter({
    name: 'core_outbox_rotations_total',
    help: 'Times that the writers were sent to an emptied segment',
    registers,
  });
  const oldest = new Gauge({
    name: 'core_outbox_oldest_age_seconds',
    help: 'Age of the oldest event that waits to be published',
    registers,
  });
  const setAside = new Gauge({
    name: 'core_outbox_set_aside',
    help: 'Events in the table outbox_refused: somebody has to look at them (ops outbox refused)',
    registers,
  });
  new Gauge({
    name: 'core_outbox_backlog',
    help: `Events that wait to be published; above ${COUNTED} an estimate from PostgreSQL's statistics`,
    registers,
    async collect() {
      const backlog = await readBacklog(pool).catch(() => undefined); // the database is away: the last figures stand
      if (!backlog) return;
      this.set(Number(backlog.waiting));
      oldest.set(Number(backlog.age));
      setAside.set(Number(backlog.refused));
    },
  });
  return {
    onPublished: (rows) => {
      for (const { version } of rows) published.inc({ topic: customerTopic(version) });
    },
    onRefused: () => refused.inc(),
    onRotated: () => rotations.inc(),
  };
}

/** The oldest event is the first of some shard, or was written within the same moments. */
async function readBacklog(pool: Pool) {
  const { rows } = await pool.query<{ waiting: string; age: string; refused: string }>(
    `with counted as (select count(*) as n from (select from outbox_events limit $1) as waiting),
          estimated as (select coalesce(sum(n_live_tup), 0) as n from pg_stat_user_tables
                         where relname ^@ 'outbox_events_')
     select case when counted.n < $1 then counted.n else greatest(counted.n, estimated.n) end as waiting,
            coalesce((select extract(epoch from now() - min(first.occurred_at))
                        from outbox_shards s
                             cross join lateral (select occurred_at from outbox_events e
                                                  where e.shard = s.shard order by id limit 1) as first), 0) as age,
            (select count(*) from outbox_refused) as refused
       from counted, estimated`,
    [COUNTED],
  );
  return rows[0];
}
