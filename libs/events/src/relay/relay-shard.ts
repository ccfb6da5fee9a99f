import type { Pool } from '@core/db';
import { startLoop, type Logger, type Loop } from '@core/runtime';
import { RecordsRefused, type EventProducer } from '../kafka-client.ts';
import type { Lease } from './leases.ts';
import type { Listener } from './listener.ts';
import { deletePublished, moveToRefused, toRecord, type OutboxRow } from './outbox-rows.ts';
import { readOldest } from './read-oldest.ts';
import type { PartitionSwitch } from './switch-partition.ts';

/**
 * Rows per produce request: enough that round trips cost little. It is also the most that is repeated after a
 * kill.
 */
export const RELAY_BATCH = 500;

/**
 * Rows per read, and so about the most that a shard keeps in memory. It is several batches, because a read
 * from the start steps over deleted rows that cannot be vacuumed yet. With a backlog of a million and an open
 * transaction, reading batch by batch would take longer with each batch. It is twenty, because a read that
 * does not get all rows of the shard searches the others for lower versions: with five batches it took four
 * times as long.
 */
export const READ_AHEAD = 20 * RELAY_BATCH;

/**
 * The minimum time between two polls, however many processes notify. Events of that time are sent in one
 * batch.
 */
const BUSY_MS = 5;
/**
 * The maximum wait between polls without notifications. With notifications, a loop that has reached it waits
 * without a limit.
 */
const IDLE_MS = 200;

export interface ShardRelay {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  wake: Pick<Listener, 'listening' | 'subscribe'>;
  partitionSwitch: PartitionSwitch;
  onPublished: (rows: readonly OutboxRow[]) => void;
  onRefused: () => void;
}

type Publishing = Pick<ShardRelay, 'pool' | 'producer' | 'log' | 'onPublished' | 'onRefused'> & {
  partitionSwitch: Pick<PartitionSwitch, 'deleted'>;
};

/**
 * Publishes one shard until it is stopped or the lease is lost: read, send, wait for the acknowledgement,
 * delete. It polls again soon while events come, and ever less often when they do not. Then it sleeps until
 * it is woken: by a notification, or within a second by the renewal of the leases.
 */
export function relayShard(deps: ShardRelay, lease: Lease): Loop {
  const { wake, partitionSwitch, log } = deps;
  let idle = BUSY_MS;
  return startLoop({
    name: 'outbox relay',
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

/**
 * Reads the oldest rows and publishes them batch by batch. @returns how much there was, or that the lease is
 * lost
 */
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
 * Sends rows, then deletes them from the outbox. When Kafka refuses them permanently, it sends halves of the
 * batch until the refused row is alone. That row is set aside, because every event after it would wait
 * forever.
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
  if (!(await moveToRefused(deps.pool, lease, row, err.message))) return false;
  deps.partitionSwitch.deleted(1);
  deps.onRefused();
  deps.log.error(
    { err, shard: lease.shard, event_id: row.eventId, customer_id: row.customerId },
    'Kafka refuses an event permanently; it is kept in outbox_refused; ' +
      '`npm run ops -- outbox refused` shows it, and publishes this customer again',
  );
  return true;
}
