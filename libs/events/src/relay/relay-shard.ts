import type { Pool } from '@core/db';
import { backoff, pause, type Logger } from '@core/runtime';
import type { EventProducer } from '../kafka-client.ts';
import type { Lease } from './leases.ts';
import type { Wake } from './listen-wake.ts';
import { deletePublished, readOldest, toRecord, type OutboxRow } from './outbox-rows.ts';
import type { Rotation } from './rotate-segments.ts';

/** Rows of one produce request: large enough that round trips cost little, and the most that a kill repeats. */
export const RELAY_BATCH = 500;

/**
 * Rows read at once, and so the most that a shard keeps in memory. Several batches, because a read from the start
 * steps over what was deleted and cannot be cleaned away yet: with a backlog of a million and a transaction held
 * open, reading batch by batch would take longer with each.
 */
const READ_AHEAD = 5 * RELAY_BATCH;

/** The least time between two looks, however many processes announce; what comes meanwhile goes in one batch. */
const BUSY_MS = 5;
/** The longest wait while nobody tells us of new events. When somebody does, it is endless from here on. */
const IDLE_MS = 200;

export interface ShardRelay {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  wake: Pick<Wake, 'listening' | 'news' | 'wait'>;
  rotation: Rotation;
  onPublished: (rows: readonly OutboxRow[]) => void;
}

/**
 * Publishes one shard until the signal aborts or the lease is lost: read, send, wait for the acknowledgement,
 * delete. Looks again soon while events come, ever more seldom when they do not, and then sleeps until it is
 * woken: by an announcement, or within a second by whoever looks after the leases.
 */
export async function relayShard(deps: ShardRelay, lease: Lease, signal: AbortSignal): Promise<void> {
  const { wake, rotation, log } = deps;
  let idle = BUSY_MS;
  let failures = 0;
  while (!signal.aborted) {
    const seen = wake.news();
    try {
      const outcome = await relayOldest(deps, lease, signal);
      if (outcome === 'lease_lost') return;
      await rotation.rotateIfDue(lease);
      failures = 0;
      idle = outcome === 'empty' ? Math.min(idle * 2, IDLE_MS) : BUSY_MS;
      const asleep = idle === IDLE_MS && wake.listening();
      if (outcome === 'full') continue;
      await pause(BUSY_MS, signal);
      await wake.wait(seen, asleep ? undefined : idle, signal);
    } catch (err) {
      const wait = backoff(failures++);
      log.warn({ err, shard: lease.shard, retry_in_ms: Math.round(wait) }, 'could not relay the outbox');
      await pause(wait, signal);
    }
  }
}

/** Reads the oldest rows and publishes them batch by batch. @returns how much there was */
export async function relayOldest(
  deps: Pick<ShardRelay, 'pool' | 'producer' | 'log' | 'onPublished'> & {
    rotation: Pick<Rotation, 'deleted'>;
  },
  lease: Lease,
  signal: AbortSignal,
): Promise<'empty' | 'some' | 'full' | 'lease_lost'> {
  const rows = await readOldest(deps.pool, lease.shard, READ_AHEAD);
  for (let n = 0; n < rows.length && !signal.aborted; n += RELAY_BATCH) {
    const batch = rows.slice(n, n + RELAY_BATCH);
    await deps.producer.send(batch.map(toRecord));
    deps.onPublished(batch);
    if (!(await deletePublished(deps.pool, lease, batch))) {
      deps.log.warn(
        { shard: lease.shard, rows: batch.length },
        'lease lost; the successor publishes these rows again',
      );
      return 'lease_lost';
    }
    deps.rotation.deleted(batch.length);
  }
  if (rows.length === 0) return 'empty';
  return rows.length < READ_AHEAD ? 'some' : 'full';
}
