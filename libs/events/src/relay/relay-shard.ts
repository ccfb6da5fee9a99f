import type { Pool } from '@core/db';
import { backoff, pause, type Logger } from '@core/runtime';
import type { EventProducer } from '../kafka-client.ts';
import type { Lease } from './leases.ts';
import { deletePublished, readOldest, toRecord, type OutboxRow } from './outbox-rows.ts';

/** Rows of one produce request: large enough that round trips cost little, and the most that a kill repeats. */
export const RELAY_BATCH = 500;

const BUSY_MS = 20;
const IDLE_MS = 200;

export interface ShardRelay {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  onPublished: (rows: readonly OutboxRow[]) => void;
}

/**
 * Publishes one shard until the signal aborts or the lease is lost: read, send, wait for the
 * acknowledgement, delete. Polls every 20 ms while events come and ever more seldom, up to 200 ms, when
 * they do not; a write never pays for a NOTIFY.
 */
export async function relayShard(deps: ShardRelay, lease: Lease, signal: AbortSignal): Promise<void> {
  let idle = BUSY_MS;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const outcome = await relayBatch(deps, lease);
      if (outcome === 'lease_lost') return;
      failures = 0;
      idle = outcome === 'empty' ? Math.min(idle * 2, IDLE_MS) : BUSY_MS;
      if (outcome !== 'full') await pause(idle, signal);
    } catch (err) {
      const wait = backoff(failures++);
      deps.log.warn({ err, shard: lease.shard, retry_in_ms: Math.round(wait) }, 'could not relay the outbox');
      await pause(wait, signal);
    }
  }
}

/** @returns how much there was */
export async function relayBatch(
  { pool, producer, log, onPublished }: ShardRelay,
  lease: Lease,
): Promise<'empty' | 'some' | 'full' | 'lease_lost'> {
  const rows = await readOldest(pool, lease.shard, RELAY_BATCH);
  if (rows.length === 0) return 'empty';
  await producer.send(rows.map(toRecord));
  onPublished(rows);
  if (!(await deletePublished(pool, lease, rows))) {
    log.warn(
      { shard: lease.shard, rows: rows.length },
      'lease lost; the successor publishes these rows again',
    );
    return 'lease_lost';
  }
  return rows.length < RELAY_BATCH ? 'some' : 'full';
}
