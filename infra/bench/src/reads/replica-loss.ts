import { waitUntil, type PostgresNode } from '@core/testing';
import { disturbance, cpuSnapshot, type Disturbance } from '../cpu.ts';
import { drive, type DriverOptions, type Latencies } from '../driver.ts';
import { describeDisturbance, isClean } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import type { Contestant } from './contestants.ts';
import { usableReplicas } from './usable-replicas.ts';

export interface ReplicaLoss extends Disturbance {
  before: Latencies;
  after: Latencies;
  /** The p99 of each second, milliseconds. */
  p99: number[];
  errors: Record<string, number>;
}

const SECONDS = 10;

/**
 * Freezes one of two replicas in the middle of an open loop, and compares the ten seconds before and after.
 * Repeats until `rounds` runs were not disturbed by other load, with at most twice as many attempts.
 * @returns the clean runs
 */
export async function measureReplicaLoss(
  options: {
    driver: string;
    ours: Contestant;
    replicas: readonly PostgresNode[];
    load: Omit<DriverOptions, 'target' | 'inFlight' | 'seconds' | 'split'>;
  } & Pick<SuiteOptions, 'rounds' | 'signal' | 'say'>,
): Promise<ReplicaLoss[]> {
  const { ours, replicas, rounds, signal, say } = options;
  const clean: ReplicaLoss[] = [];
  for (let attempt = 0; clean.length < rounds && attempt < 2 * rounds; attempt++) {
    const replica = replicas[attempt % replicas.length];
    if (!replica) throw new Error('no replica to freeze');
    await waitUntil(async () => signal.aborted || (await usableReplicas(ours)) === replicas.length, {
      what: 'all processes to use all replicas',
      limitMs: 60_000,
    });
    signal.throwIfAborted();
    const loss = await freezeOnce(options, replica);
    const { before, after } = loss;
    say(
      `one of two replicas frozen: p99 ${before.p99.toFixed(2)} -> ${after.p99.toFixed(2)} ms, ` +
        `max ${before.max.toFixed(0)} -> ${after.max.toFixed(0)} ms, ` +
        `${before.failed + after.failed} failed, ${describeDisturbance(loss)}`,
    );
    if (isClean(loss)) clean.push(loss);
  }
  return clean;
}

async function freezeOnce(
  { driver, ours, load, signal }: Parameters<typeof measureReplicaLoss>[0],
  replica: PostgresNode,
): Promise<ReplicaLoss> {
  let from = cpuSnapshot();
  let freeze: NodeJS.Timeout | undefined;
  try {
    const { before, after, seconds, errors } = await drive(
      driver,
      { ...load, target: ours.target, seconds: 2 * SECONDS, split: SECONDS },
      signal,
      () => {
        from = cpuSnapshot();
        freeze = setTimeout(() => replica.freeze(), SECONDS * 1_000);
      },
    );
    return { before, after, p99: seconds.map(({ p99 }) => p99), errors, ...disturbance(from, cpuSnapshot()) };
  } finally {
    clearTimeout(freeze);
    replica.thaw();
  }
}
