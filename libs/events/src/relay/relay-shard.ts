import type { Pool } from '@core/db';
import { startLoop, type Logger, type Loop } from '@core/runtime';
import { RecordsRefused, type EventProducer } from '../kafka-client.ts';
import type { Lease } from './leases.ts';
import type { Wake } from './listen-wake.ts';
import { deletePublished, setAside, toRecord, type OutboxRow } from './outbox-rows.ts';
import { readOldest } from './read-oldest.ts';
import type { PartitionSwitch } from './switch-partition.ts';

/** Rows of one produce request: large enough that round trips cost little, and the most that a kill repeats. */
export const RELAY_BATCH = 500;

/**
 * Rows read at once, and so about the most that a shard keeps in memory. Several batches, because a read from the start
 * steps over what was deleted and cannot be cleaned away yet: with a backlog of a million and a transaction held
 * open, reading batch by batch would take longer with each. Twenty, because a read that does not get all rows of
 * the shard looks through the others for lower versions: with five it took four times as long.
 */
export const READ_AHEAD = 20 * RELAY_BATCH;

/** The least time between two looks, however many processes announce; events of that time go in one batch. */
const BUSY_MS = 5;
/** The longest wait while nobody tells us of new events. When somebody does, it is endless from here on. */
const IDLE_MS = 200;

export interface ShardRelay {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  wake: Pick<Wake, 'listening' | 'subscribe'>;
  partitionSwitch: PartitionSwitch;
  onPublished: (rows: readonly OutboxRow[]) => void;
  onRefused: () => void;
}

type Publishing = Pick<ShardRelay, 'pool' | 'producer' | 'log' | 'onPublished' | 'onRefused'> & {
  partitionSwitch: Pick<PartitionSwitch, 'deleted'>;
};

/**
 * Publishes one shard until it is stopped or the lease is lost: read, send, wait for the acknowledgement,
 * delete. Looks again soon while events come, ever more seldom when they do not, and then sleeps until it is
 * woken: by an announcement, or within a second by whoever looks after the leases.
 */
export function relayShard(deps: ShardRelay, lease: Lease): Loop {
  const { wake, partitionSwitch, log } = deps;
  let idle = BUSY_MS;
  return startLoop({
    name: 'relay the outbox',
    log: log.child({ shard: lease.shard }),
    wake: wake.subscribe,
    least: BUSY_MS,
    backoff: { most: 5_000 },
    work: async (signal) => {
      const outcome = await relayOldest(deps, lease, signal);
      if (outcome === 'lease_lost') return 'end';
      await partitionSwitch.switchIfDue(lease);
      idle = outcome === 'empty' ? Math.min(idle * 2, IDLE_MS) : BUSY_MS;
      if (outcome === 'full') return 0;
      return idle === IDLE_MS && wake.listening() ? Infinity : BUSY_MS + idle;
    },
  });
}

/** Reads the oldest rows and publishes them batch by batch. @returns how much there was */
export async function relayOldest(
  deps: Publishing,
  lease: Lease,
  signal: AbortSignal,
): Promise<'empty' | 'some' | 'full' | 'lease_lost'> {
  const rows = await readOldest(deps.pool, lease.shard, READ_AHEAD);
  for (let n = 0; n < rows.length && !signal.aborted; n += RELAY_BATCH) {
    const batch = rows.slice(n, n + RELAY_BATCH);
    if (!(await publish(deps, lease, batch))) {
      deps.log.warn(
        { shard: lease.shard, rows: batch.length },
        'lease lost; the successor publishes these rows again',
      );
      return 'lease_lost';
    }
  }
  if (rows.length === 0) return 'empty';
  return rows.length < READ_AHEAD ? 'some' : 'full';
}

/**
 * Sends rows, then removes them from the outbox. Where Kafka refuses them for good, halves of the batch are
 * sent, until the refused row is alone: it is set aside, because every event behind it would wait for ever.
 * @returns false when the lease is lost
 */
async function publish(deps: Publishing, lease: Lease, rows: readonly OutboxRow[]): Promise<boolean> {
  try {
    await deps.producer.send(rows.map(toRecord));
  } catch (err) {
    if (!(err instanceof RecordsRefused)) throw err;
    const [row, ...more] = rows;
    if (row && more.length === 0) return refuse(deps, lease, row, err);
    const middle = rows.length >> 1;
    return (
      (await publish(deps, lease, rows.slice(0, middle))) && (await publish(deps, lease, rows.slice(middle)))
    );
  }
  deps.onPublished(rows);
  if (!(await deletePublished(deps.pool, lease, rows))) return false;
  deps.partitionSwitch.deleted(rows.length);
  return true;
}

async function refuse(deps: Publishing, lease: Lease, row: OutboxRow, err: Error): Promise<boolean> {
  if (!(await setAside(deps.pool, lease, row, err.message))) return false;
  deps.partitionSwitch.deleted(1);
  deps.onRefused();
  deps.log.error(
    { err, shard: lease.shard, event_id: row.eventId, customer_id: row.customerId },
    'Kafka refuses an event for good; it is kept in outbox_refused; ' +
      '`npm run ops -- outbox refused` shows it, and publishes this customer anew',
  );
  return true;
}
