import type { DescMethod } from '@bufbuild/protobuf';
import { Counter, Histogram, type Registry } from '@core/runtime';

export interface RpcDurations {
  /** Starts the clock of one call; the function it gives stops it. */
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
  return {
    start: (method) => {
      const stop = histogram.startTimer({ method: method.name });
      return (code) => void stop({ code });
    },
  };
}

/** Counts which kind of node answers the reads: a replica that lags or fails shows as load on the primary. */
export function countReads(registry: Registry): (node: 'primary' | 'replica') => void {
  const counter = new Counter({
    name: 'core_reads_total',
    help: 'Statements of reads, by the kind of node that answered',
    labelNames: ['node'] as const,
    registers: [registry],
  });
  return (node) => counter.inc({ node });
}
