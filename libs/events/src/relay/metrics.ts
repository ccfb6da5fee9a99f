import type { Pool } from '@core/db';
import { Counter, Gauge, type Registry } from '@core/runtime';
import type { OutboxRow } from './outbox-rows.ts';

/** The figures of the outbox. Backlog and age are read at each scrape, whoever holds the shards. */
export function createRelayMetrics(
  registry: Registry,
  pool: Pool,
): { onPublished: (rows: readonly OutboxRow[]) => void } {
  const registers = [registry];
  const published = new Counter({
    name: 'core_outbox_published_total',
    help: 'Events that Kafka has acknowledged, repetitions included',
    labelNames: ['topic'],
    registers,
  });
  const oldest = new Gauge({
    name: 'core_outbox_oldest_age_seconds',
    help: 'Age of the oldest event that waits to be published',
    registers,
  });
  new Gauge({
    name: 'core_outbox_backlog',
    help: 'Events that wait to be published',
    registers,
    async collect() {
      const backlog = await readBacklog(pool).catch(() => undefined); // the database is away: the last figures stand
      if (!backlog) return;
      this.set(Number(backlog.waiting));
      oldest.set(Number(backlog.age));
    },
  });
  return {
    onPublished: (rows) => {
      for (const { topic } of rows) published.inc({ topic });
    },
  };
}

async function readBacklog(pool: Pool) {
  const { rows } = await pool.query<{ waiting: string; age: string }>(
    `select count(*) as waiting, coalesce(extract(epoch from now() - min(occurred_at)), 0) as age
       from outbox_events`,
  );
  return rows[0];
}
