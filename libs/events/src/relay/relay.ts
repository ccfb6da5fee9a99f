import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Pool } from '@core/db';
import { pause, type Logger, type Registry } from '@core/runtime';
import type { EventProducer } from '../kafka-client.ts';
import { claimShards, releaseLeases, renewLeases, type Lease } from './leases.ts';
import { createRelayMetrics } from './metrics.ts';
import { relayShard } from './relay-shard.ts';

/** A relay that stops without releasing is succeeded after this; renewed three times within it. */
export const LEASE_MS = 10_000;

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
  stop: AbortController;
  done: Promise<void>;
}

/**
 * Moves events from the outbox to Kafka. Any number of relays may run: each shard has one at a time, and
 * the first to come holds them all, the others stand by. Spreading the shards would gain little, since one
 * relay fills a producer, and would cost a negotiation.
 */
export function startRelay({ pool, producer, log, metrics, leaseMs = LEASE_MS }: RelayOptions): Relay {
  const owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  const { onPublished } = createRelayMetrics(metrics, pool);
  const held = new Map<number, Held>();
  const stopping = new AbortController();
  let lookedAfterAt = 0;

  const hold = (lease: Lease): void => {
    const stop = new AbortController();
    const done = relayShard({ pool, producer, log, onPublished }, lease, stop.signal);
    held.set(lease.shard, { lease, stop, done });
    log.info({ shard: lease.shard, fence: lease.fence }, 'relaying an outbox shard');
  };
  const lookAfterLeases = async (): Promise<void> => {
    const ours = new Set(await renewLeases(pool, leases(held), leaseMs).then((all) => all.map(idOf)));
    for (const [shard, { lease, stop }] of held) {
      if (ours.has(idOf(lease))) continue;
      stop.abort();
      held.delete(shard);
      log.warn({ shard, fence: lease.fence }, 'lost an outbox shard');
    }
    for (const lease of await claimShards(pool, owner, leaseMs)) hold(lease);
    lookedAfterAt = Date.now();
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await lookAfterLeases().catch((err: unknown) => log.warn({ err }, 'could not renew the outbox leases'));
      await pause(leaseMs / 3, stopping.signal);
    }
  };
  const running = run();

  const close = async (): Promise<void> => {
    stopping.abort();
    await running;
    for (const { stop } of held.values()) stop.abort();
    await Promise.all([...held.values()].map(({ done }) => done));
    await releaseLeases(pool, leases(held));
  };
  let closed: Promise<void> | undefined;
  return {
    running: () => !stopping.signal.aborted && Date.now() - lookedAfterAt < leaseMs,
    close: () => (closed ??= close()),
  };
}

const leases = (held: Map<number, Held>): Lease[] => [...held.values()].map(({ lease }) => lease);

const idOf = ({ shard, fence }: Lease): string => `${shard}/${fence}`;
