import type { Pool } from 'pg';
import { waitUntil } from '@core/testing';
import type { RunRef } from '../import/shops.ts';
import type { Load } from './load.ts';

/** Seconds until the first write, by kind of write; Infinity: none within the limit. */
export type FirstWriteSeconds = Record<'api' | 'consumer' | 'relay' | 'importer', number>;

/**
 * Waits for a write of each kind. It observes the server that must be written to, bypassing the address.
 * @param since a time of performance.now(): work that started before it does not count
 */
export async function measureFirstWrites(options: {
  node: Pool;
  load: Load;
  run: RunRef;
  since: number;
  limitMs: number;
}): Promise<FirstWriteSeconds> {
  const { node, load, run, since, limitMs } = options;
  const readBefore = await readOf(node, run);
  const scoresBefore = load.scores.findLast(({ sentAt }) => sentAt <= since)?.sequence ?? 0;
  const first = async (what: string, holds: () => Promise<boolean> | boolean): Promise<number> => {
    const left = limitMs - (performance.now() - since);
    return waitUntil(holds, { what, limitMs: left, everyMs: 50 }).then(
      () => (performance.now() - since) / 1_000,
      () => Infinity,
    );
  };
  const [api, consumer, relay, importer] = await Promise.all([
    // All of them must write: one working connection does not prove that the pool works.
    first('every writer', () => load.lanes.every(({ begun }) => begun > since)),
    first('a score', async () => (await scoreOf(node, load.customerId)) > scoresBefore),
    first('an event', () => {
      const made = load.lanes.find(({ begun }) => begun > since);
      return made !== undefined && isPublished(node, made.customerId);
    }),
    first('a page', async () => (await readOf(node, run)) > readBefore),
  ]);
  return { api, consumer, relay, importer };
}

async function scoreOf(node: Pool, customerId: string): Promise<number> {
  const { rows } = await node.query<{ sequence: string | null }>(
    `select rfm_score ->> 'sequence' as sequence from customers where id = $1`,
    [customerId],
  );
  return Number(rows[0]?.sequence ?? 0);
}

async function isPublished(node: Pool, customerId: string): Promise<boolean> {
  const { rows } = await node.query<{ published: boolean }>(
    `select exists (select from customers where id = $1)
        and not exists (select from outbox_events where customer_id = $1) as published`,
    [customerId],
  );
  return rows[0]?.published ?? false;
}

async function readOf(node: Pool, { importId }: RunRef): Promise<number> {
  const { rows } = await node.query<{ read: string }>(
    'select coalesce(sum(read), 0) as read from customer_import_slices where import_id = $1',
    [importId],
  );
  return Number(rows[0]?.read ?? 0);
}
