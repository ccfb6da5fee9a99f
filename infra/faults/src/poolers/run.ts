import { pause } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { startLoad } from '../failover/load.ts';
import { openFailoverStack } from '../failover/stack.ts';
import { measureFirstWrites } from '../failover/measure-first-writes.ts';
import { newShop, startRun, untilRun } from '../import/shops.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { burst } from './burst.ts';

const MODES = ['session', 'transaction'] as const;
/**
 * Large enough that, at the stack's request rate, the import outlasts the run even if the burst takes
 * minutes.
 */
const CUSTOMERS = 400_000;
const CALLS = { short: 3_000, long: 100_000 };
const MAX_WAIT_MS = 120_000;

/** Runs the whole service behind pgbouncer in each mode, under load: every app writes, and no call fails. */
export async function runPoolers({ short, seed, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  const run: FaultRun = { passed: 0, failed: 0 };
  for (const mode of MODES.filter((each) => only === undefined || each.includes(only))) {
    signal.throwIfAborted();
    const { note, violations } = await runMode(mode, short ? CALLS.short : CALLS.long, say, signal);
    run[violations.length === 0 ? 'passed' : 'failed']++;
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} pgbouncer in ${mode} mode: ${note}`);
    for (const violation of violations) say(`       ${violation}`);
  }
  return run;
}

async function runMode(
  mode: (typeof MODES)[number],
  calls: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ note: string; violations: string[] }> {
  await using stack = await openFailoverStack(say, mode);
  const owner = stack.owner(stack.primary);
  const shops = { api: owner, keys: stack.keys, shopify: stack.shopify };
  const imported = await startRun(shops, await newShop(shops, CUSTOMERS), 'graphql');
  await untilRun(shops, imported, 'in progress', ({ read }) => read > 0);
  const load = await startLoad(stack);
  let failed: string[];
  let seconds: Awaited<ReturnType<typeof measureFirstWrites>>;
  try {
    await waitUntil(() => load.lanes.every(({ begun }) => begun > 0) && load.reads.answered > 100, {
      what: 'every writer and the readers to be active',
    });
    failed = await burst(stack, calls);
    // Measured from the end of the burst, which takes minutes on a slow machine and would use up the time
    // limit.
    const since = performance.now();
    seconds = await measureFirstWrites({ node: owner, load, run: imported, since, limitMs: MAX_WAIT_MS });
    await pause(1_000, signal);
  } finally {
    await load.end();
  }
  const errors = [...failed, ...load.reads.failed, ...load.writes.failed];
  const withoutWrites = Object.entries(seconds).filter(([, s]) => s === Infinity);
  return {
    note: `${calls + load.reads.answered + load.writes.answered} calls, ${errors.length} failed; all apps write`,
    violations: [
      ...withoutWrites.map(([app]) => `${app}: no write within ${MAX_WAIT_MS / 1_000} s`),
      ...[...new Set(errors)].slice(0, 20).map((error) => `a call failed: ${error}`),
    ],
  };
}
