import { randomInt } from 'node:crypto';
import { getCustomerRfm, rotateMerchants } from '@core/domain';
import { customerIdOf } from '@core/testing';
import { percentile } from '../events/latency.ts';
import { measure, type Measured } from '../rounds.ts';
import { MERCHANT, type PrivacyStack } from './open-stack.ts';

/** Reads per second, started at a steady rate without waiting for earlier reads. */
export const READS = 500;

export type RotationSeries = 'read' | 'read_while_rotating';

export interface RotationProgress {
  rows: number;
  seconds: number;
}

/**
 * Returns reads of single scores through the api's router, without and with a concurrent rotation of all
 * customers' emails.
 */
export function rotationSeries(
  stack: PrivacyStack,
  customers: number,
  seconds: number,
): { series: Record<RotationSeries, () => Promise<Measured>>; rotated: RotationProgress } {
  const rotated: RotationProgress = { rows: 0, seconds: 0 };
  const read = () => readFor(stack, customers, seconds);
  return {
    rotated,
    series: {
      read,
      read_while_rotating: async () => {
        const rotation = startRotation(stack);
        try {
          return await read();
        } finally {
          const { rows, seconds } = await rotation.stop();
          rotated.rows += rows;
          rotated.seconds += seconds;
        }
      },
    },
  };
}

/** Continues the rotation that was stopped, and starts another one when it is complete, until `stop`. */
export function startRotation({ owner, keyring, keys }: PrivacyStack): { stop(): Promise<RotationProgress> } {
  const abort = new AbortController();
  const begin = performance.now();
  const actor = { caller: 'bench', requestId: 'bench' };
  let rows = 0;
  const run = async () => {
    while (!abort.signal.aborted) {
      let before: number | undefined;
      await rotateMerchants({
        pool: owner,
        keyring,
        keys,
        actor,
        merchantId: MERCHANT,
        keptMs: 0,
        signal: abort.signal,
        onProgress: (progress) => {
          rows += progress.rows - (before ?? progress.rows);
          before = progress.rows;
        },
      }).catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
    }
  };
  const running = run();
  running.catch(() => undefined); // `stop` throws the error
  return {
    async stop() {
      abort.abort(new Error('stopped'));
      await running;
      return { rows, seconds: (performance.now() - begin) / 1_000 };
    },
  };
}

async function readFor(
  { reads: router, databasePid }: PrivacyStack,
  customers: number,
  seconds: number,
): Promise<Measured> {
  return measure([], [databasePid], async (onMeasuring) => {
    onMeasuring();
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const reads: Promise<number>[] = [];
    for (let n = 0; n < READS * seconds; n++) {
      const due = begin + (1_000 * n) / READS;
      const waitMs = due - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const key = { merchantId: MERCHANT, customerId: customerIdOf(randomInt(customers)) };
      const from = performance.now();
      reads.push(
        getCustomerRfm(router.reader({ kind: 'minimize_latency' }), [key]).then(
          () => performance.now() - from,
        ),
      );
    }
    const sorted = (await Promise.all(reads)).sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    return {
      operations: sorted.length,
      perSecond: sorted.length / ((performance.now() - begin) / 1_000),
      driverCpuSeconds: (user + system) / 1e6,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      errors: {},
    };
  });
}
