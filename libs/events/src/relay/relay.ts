import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { OUTBOX_CHANNEL, OUTBOX_SHARDS, separatePool, type Pool } from '@core/db';
import { startLoop, type Logger, type Loop, type Registry } from '@core/runtime';
import type { EventProducer } from '../kafka-client.ts';
import { holdShards, releaseLeases, type Lease } from './leases.ts';
import { startListener } from './listener.ts';
import { createRelayMetrics } from './metrics.ts';
import { relayShard } from './relay-shard.ts';
import { createPartitionSwitch } from './switch-partition.ts';

/**
 * When a relay stops without releasing its leases, another takes over after this time plus at most a third of
 * it. Leases are renewed three times within this time.
 */
export const RELAY_LEASE_MS = 3_000;

/**
 * A relay that has not renewed its leases for this long is unhealthy. It is longer than a lease: one slow
 * second is no failure.
 */
const HEALTHY_MS = 15_000;

/**
 * Settings for plans that stay good at any size of the outbox. A statement that is planned while the outbox
 * is empty, which is normal, would scan whole tables. It would still do so with a million rows in them, until
 * they are analyzed.
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
  /** Returns whether it has renewed its leases recently; also true when other relays hold every shard. */
  running(): boolean;
  /** Finishes the batches in progress and releases its leases. */
  close(): Promise<void>;
}

interface Held {
  lease: Lease;
  loop: Loop;
}

/**
 * Moves events from the outbox to Kafka. Any number of relays may run, and each shard has one relay at a
 * time. The first relay leases all shards, and the others stand by. Spreading the shards would gain little,
 * because one relay saturates a producer, and would require a negotiation.
 */
export function startRelay({ pool, producer, log, metrics, leaseMs = RELAY_LEASE_MS }: RelayOptions): Relay {
  const owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  const { onPublished, onRefused, onSwitched } = createRelayMetrics(metrics, pool);
  // A separate pool, also because a lease must not expire while consumers use every client of the shared one.
  const own = separatePool(pool, { max: OUTBOX_SHARDS + 1, settings: SETTINGS, log });
  const wake = startListener(pool, OUTBOX_CHANNEL, log);
  const partitionSwitch = createPartitionSwitch({ pool: own, log, onSwitched });
  const held = new Map<number, Held>();
  let stopping = false;
  let renewedAt = -Infinity;

  const hold = (lease: Lease): void => {
    const shard = { pool: own, producer, log, wake, partitionSwitch, onPublished, onRefused };
    held.set(lease.shard, { lease, loop: relayShard(shard, lease) });
    log.info({ shard: lease.shard, fence: lease.fence }, 'relaying an outbox shard');
  };
  const renewLeases = async (): Promise<void> => {
    const { leases: ours, waiting } = await holdShards(own, owner, leases(held), leaseMs);
    for (const [shard, { lease, loop }] of held) {
      if (ours.some((one) => idOf(one) === idOf(lease))) continue;
      void loop.stop();
      held.delete(shard);
      log.warn({ shard, fence: lease.fence }, 'lost an outbox shard');
    }
    for (const lease of ours) if (!held.has(lease.shard)) hold(lease);
    if (waiting) wake.wakeAll(); // a process that dies before it notifies sends no notification
    renewedAt = performance.now();
  };
  const renewal = startLoop({
    name: 'outbox lease renewal',
    log,
    every: leaseMs / 3,
    work: renewLeases,
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
    running: () => !stopping && performance.now() - renewedAt < HEALTHY_MS,
    close: () => (closed ??= close()),
  };
}

const leases = (held: Map<number, Held>): Lease[] => [...held.values()].map(({ lease }) => lease);

const idOf = ({ shard, fence }: Lease): string => `${shard}/${fence}`;
