import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { OUTBOX_CHANNEL, OUTBOX_SHARDS, ownPool, type Pool } from '@core/db';
import { startLoop, type Logger, type Loop, type Registry } from '@core/runtime';
import type { EventProducer } from '../kafka-client.ts';
import { holdShards, releaseLeases, type Lease } from './leases.ts';
import { listenForWake } from './listen-wake.ts';
import { createRelayMetrics } from './metrics.ts';
import { relayShard } from './relay-shard.ts';
import { createPartitionSwitch } from './switch-partition.ts';

/** A relay that stops without releasing is succeeded after this, and a third of it more; renewed three times within it. */
export const RELAY_LEASE_MS = 3_000;

/** A relay that neglects its leases for this long is unhealthy. It exceeds a lease: a slow second passes. */
const HEALTHY_MS = 15_000;

/**
 * For plans that hold whatever the outbox grows to. Planned while it is empty, which it mostly is, a statement
 * would read whole tables, and go on to do so with a million rows in them until somebody analyzes them.
 */
const SETTINGS = { enable_seqscan: 'off', plan_cache_mode: 'force_generic_plan' };

export interface RelayOptions {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  metrics: Registry;
  leaseMs?: number;
}

export interface Relay {
  /** Whether it looked after its leases lately. True also when other relays hold every shard. */
  running(): boolean;
  /** Ends after the batches in hand and gives its leases back. */
  close(): Promise<void>;
}

interface Held {
  lease: Lease;
  loop: Loop;
}

/**
 * Moves events from the outbox to Kafka. Any number of relays may run: each shard has one at a time, and
 * the first to come holds them all, the others stand by. Spreading the shards would gain little, since one
 * relay fills a producer, and would cost a negotiation.
 */
export function startRelay({ pool, producer, log, metrics, leaseMs = RELAY_LEASE_MS }: RelayOptions): Relay {
  const owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  const { onPublished, onRefused, onSwitched } = createRelayMetrics(metrics, pool);
  // Its own, also because a lease must not run out while consumers keep every client of the pool busy.
  const own = ownPool(pool, { max: OUTBOX_SHARDS + 1, settings: SETTINGS, log });
  const wake = listenForWake(pool, OUTBOX_CHANNEL, log);
  const partitionSwitch = createPartitionSwitch({ pool: own, log, onSwitched });
  const held = new Map<number, Held>();
  let stopping = false;
  let lookedAfterAt = -Infinity;

  const hold = (lease: Lease): void => {
    const shard = { pool: own, producer, log, wake, partitionSwitch, onPublished, onRefused };
    held.set(lease.shard, { lease, loop: relayShard(shard, lease) });
    log.info({ shard: lease.shard, fence: lease.fence }, 'relaying an outbox shard');
  };
  const lookAfterLeases = async (): Promise<void> => {
    const { leases: ours, waiting } = await holdShards(own, owner, leases(held), leaseMs);
    for (const [shard, { lease, loop }] of held) {
      if (ours.some((one) => idOf(one) === idOf(lease))) continue;
      void loop.stop();
      held.delete(shard);
      log.warn({ shard, fence: lease.fence }, 'lost an outbox shard');
    }
    for (const lease of ours) if (!held.has(lease.shard)) hold(lease);
    if (waiting) wake.wakeAll(); // an announcement may be lost with the process that owed it
    lookedAfterAt = performance.now();
  };
  const renewal = startLoop({
    name: 'renew the outbox leases',
    log,
    every: leaseMs / 3,
    work: lookAfterLeases,
  });

  const close = async (): Promise<void> => {
    stopping = true;
    await renewal.stop();
    await Promise.all([...held.values()].map(({ loop }) => loop.stop()));
    await wake.close();
    await releaseLeases(own, leases(held)).finally(() => own.end());
  };
  let closed: Promise<void> | undefined;
  return {
    running: () => !stopping && performance.now() - lookedAfterAt < HEALTHY_MS,
    close: () => (closed ??= close()),
  };
}

const leases = (held: Map<number, Held>): Lease[] => [...held.values()].map(({ lease }) => lease);

const idOf = ({ shard, fence }: Lease): string => `${shard}/${fence}`;
