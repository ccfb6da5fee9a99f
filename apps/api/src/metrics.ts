import type { DescMethod } from '@bufbuild/protobuf';
import type { ReadObserver, ReadRouter } from '@core/reads';
import { Counter, failing, Gauge, Histogram, type ReadyCheck, type Registry } from '@core/runtime';

export interface RpcDurations {
  /** Starts the clock of one call; the returned function stops it. */
  start(method: DescMethod): (code: string) => void;
}

export function createRpcDurations(registry: Registry): RpcDurations {
  const histogram = new Histogram({
    name: 'core_rpc_duration_seconds',
    help: 'Time to answer a call, by method and gRPC code; a stream counts until its end',
    labelNames: ['method', 'code'] as const,
    // Reads are expected within a millisecond, writes within ten; the deadline is 30 s.
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
    registers: [registry],
  });
  const calls = new Counter({
    name: 'core_process_calls_total',
    help: 'Calls answered by each process: one with far fewer than the others has too few connections',
    labelNames: ['process'] as const,
    registers: [registry],
  });
  const answered = calls.labels({ process: String(process.pid) });
  return {
    start: (method) => {
      const stop = histogram.startTimer({ method: method.name });
      return (code) => {
        stop({ code });
        answered.inc();
      };
    },
  };
}

/** Counts which kind of node answers the reads: a replica that lags or fails shows as load on the primary. */
export function createReadObserver(registry: Registry): ReadObserver {
  const registers = [registry];
  const reads = new Counter({
    name: 'core_reads_total',
    help: 'Read statements, by the kind of node that answered',
    labelNames: ['node'] as const,
    registers,
  });
  const rerouted = new Counter({
    name: 'core_reads_rerouted_total',
    help: 'Read statements that failed on one node and were sent to another',
    registers,
  });
  const hedged = new Counter({
    name: 'core_reads_hedged_total',
    help: 'Read statements that were late and were also sent to a second replica',
    registers,
  });
  return {
    read: (node) => reads.inc({ node }),
    rerouted: () => rerouted.inc(),
    hedged: () => hedged.inc(),
  };
}

/** Shows each replica's state at the moment of the scrape. */
export function registerReplicaMetrics(registry: Registry, replicas: ReadRouter['replicas']): void {
  const labelNames = ['replica'] as const;
  const registers = [registry];
  new Gauge({
    name: 'core_replica_usable',
    help: '1 while reads are sent to the replica',
    aggregator: 'min',
    labelNames,
    registers,
    collect() {
      for (const { node, usable } of replicas) this.set({ replica: node.name }, usable ? 1 : 0);
    },
  });
  new Gauge({
    name: 'core_replica_lag_seconds',
    help: "Age of the replica's data; +Inf when it lags further than is remembered (10 s)",
    aggregator: 'max',
    labelNames,
    registers,
    collect() {
      for (const { node, lagMs } of replicas) this.set({ replica: node.name }, lagMs / 1_000);
    },
  });
}

/** @param checks the conditions under which a write succeeds */
export function registerWritesReady(registry: Registry, checks: Record<string, ReadyCheck>): void {
  new Gauge({
    name: 'core_writes_ready',
    help: '1 while writes succeed; reads may succeed even at 0, see /readyz?for=writes',
    aggregator: 'max',
    registers: [registry],
    async collect() {
      this.set((await failing(checks)).length === 0 ? 1 : 0);
    },
  });
}
