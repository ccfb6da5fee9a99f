import type { PostgresNode } from '@core/testing';
import { drive, type Latencies } from '../driver.ts';
import { machineNow, stealBetween } from '../cpu.ts';
import { MOST_STEAL } from '../rounds.ts';
import { CUSTOMERS, MERCHANTS } from './database.ts';

export interface ReplicaLoss {
  /** Calls a second, open loop. */
  rate: number;
  before: Latencies;
  after: Latencies;
  /** Calls that did not succeed, of all. */
  failed: number;
  steal: number;
}

const SECONDS = 10;
const ATTEMPTS = 3;

/**
 * Freezes one of two replicas in the middle of an open loop, and compares the ten seconds after with those
 * before. Done again when others took too much of the machine.
 */
export async function measureReplicaLoss(options: {
  driver: string;
  target: string;
  replica: PostgresNode | undefined;
  rate: number;
  say: (line: string) => void;
}): Promise<ReplicaLoss> {
  const { driver, target, replica, say } = options;
  if (!replica) throw new Error('no replica to freeze');
  const rate = Math.round(options.rate);
  for (let attempt = 1; ; attempt++) {
    let from = machineNow();
    let freeze: NodeJS.Timeout | undefined;
    const result = await drive(
      driver,
      {
        target,
        connections: 8,
        rate,
        seconds: 2 * SECONDS,
        split: SECONDS,
        customers: CUSTOMERS,
        merchants: MERCHANTS,
      },
      () => {
        from = machineNow();
        freeze = setTimeout(() => replica.freeze(), SECONDS * 1_000);
      },
    );
    clearTimeout(freeze);
    replica.thaw();
    const steal = stealBetween(from, machineNow());
    const failed = Object.values(result.errors).reduce((sum, each) => sum + each, 0);
    const { before, after } = result;
    say(
      `one of two replicas frozen at ${rate}/s: p99 ${before.P99.toFixed(2)} -> ${after.P99.toFixed(2)} ms, ` +
        `max ${before.Max.toFixed(0)} -> ${after.Max.toFixed(0)} ms, ${failed} failed, steal ${(100 * steal).toFixed(1)} %`,
    );
    if (steal <= MOST_STEAL || attempt === ATTEMPTS) return { rate, before, after, failed, steal };
  }
}
