import type { Pool } from 'pg';
import { pause } from '@core/runtime';
import { waitUntil } from '@core/testing';
import type { RunRef } from '../import/shops.ts';
import { startLoad, type Load } from './load.ts';
import type { FailoverStack } from './stack.ts';
import { measureFirstWrites, type FirstWriteSeconds } from './measure-first-writes.ts';

export interface FailoverFixture {
  stack: FailoverStack;
  run: RunRef;
  /** Seconds within which every app must write again. */
  withinS: number;
  signal: AbortSignal;
}

export interface FailoverVerdict {
  note: string;
  /** The violations; empty when there are none. */
  violations: string[];
}

export interface FailoverScenario {
  name: string;
  run(fixture: FailoverFixture): Promise<FailoverVerdict>;
}

/** Load before the fault and after the first writes, so that reads without a fault are measured too. */
const QUIET_MS = 3_000;
/** The time for which a failing run waits for writes before it reports that there are none. */
const MAX_WAIT_MS = 70_000;

/** Starts load, triggers the fault, and measures from the time that the fault returns. */
async function underLoad(
  { stack, run, withinS, signal }: FailoverFixture,
  fault: (load: Load) => Promise<{ since: number; node: FailoverStack['primary'] }>,
): Promise<FailoverVerdict> {
  const load = await startLoad(stack);
  try {
    await waitUntil(() => load.lanes.every(({ begun }) => begun > 0) && load.reads.answered > 100, {
      what: 'every writer and the readers to be active',
    });
    await pause(QUIET_MS, signal);
    const failedBefore = load.reads.failed.length;
    const answeredBefore = load.reads.answered;
    const { since, node } = await fault(load);
    const seconds = await measureFirstWrites({
      node: stack.owner(node),
      load,
      run,
      since,
      limitMs: MAX_WAIT_MS,
    });
    await pause(QUIET_MS, signal);
    const failed = load.reads.failed.slice(failedBefore);
    return {
      note:
        `first writes after ${describeSeconds(seconds)}; ` +
        `${load.reads.answered - answeredBefore} reads, ${failed.length} failed`,
      violations: [
        ...Object.entries(seconds)
          .filter(([, s]) => s > withinS)
          .map(
            ([app, s]) => `${app}: no write within ${withinS} s (${s === Infinity ? 'none' : s.toFixed(1)})`,
          ),
        ...new Set(failed.map((error) => `a read failed: ${error}`)),
      ],
    };
  } finally {
    await load.end();
  }
}

const describeSeconds = (seconds: FirstWriteSeconds): string =>
  Object.entries(seconds)
    .map(([app, s]) => `${app} ${s === Infinity ? 'never' : `${s.toFixed(1)} s`}`)
    .join(', ');

export const SCENARIOS: FailoverScenario[] = [
  {
    name: 'half-open: every connection to the primary is unresponsive, new ones work',
    run: (fixture) =>
      underLoad(fixture, async () => {
        fixture.stack.address.freeze();
        return { since: performance.now(), node: fixture.stack.primary };
      }),
  },
  {
    name: 'hung: primary frozen, replica promoted, address moved',
    run: (fixture) =>
      underLoad(fixture, async () => {
        const { stack } = fixture;
        stack.primary.freeze();
        const [next] = stack.replicas;
        await next.promote();
        const since = performance.now();
        stack.address.to(next.port);
        return { since, node: next };
      }),
  },
  {
    name: 'former primary: running again, and the address leads to it for a while',
    // A longer limit applies: sessions that are half-open towards the new primary keep their locks until the
    // primary closes them. Behind a proxy that keeps them open, only the server's own limit of 30 s closes
    // them.
    run: (fixture) =>
      underLoad({ ...fixture, withinS: Math.max(fixture.withinS, 60) }, async () => {
        const { stack, signal } = fixture;
        const former = stack.owner(stack.primary);
        stack.primary.thaw();
        stack.address.thaw(); // otherwise the sessions behind half-open connections would stay
        // The former primary now executes the statements from before the freeze, and is idle afterwards.
        await waitUntil(async () => (await sessionsOf(former)) === 0, { what: 'its old sessions to end' });
        const before = await writtenTo(former);
        stack.address.to(stack.primary.port);
        stack.address.freeze();
        await pause(WRONG_ADDRESS_MS, signal);
        const after = await writtenTo(former);
        stack.address.to(stack.replicas[0].port);
        if (after !== before) throw new Error(`the former primary was written to: ${before}, then ${after}`);
        return { since: performance.now(), node: stack.replicas[0] };
      }),
  },
];

const WRONG_ADDRESS_MS = 8_000;

async function sessionsOf(node: Pool): Promise<number> {
  const { rows } = await node.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where usename ~ '^core_(api|worker|importer|sealer)$'`,
  );
  return rows[0]?.n ?? 0;
}

/** Returns counters that every write of every app changes. */
async function writtenTo(node: Pool): Promise<string> {
  const { rows } = await node.query<{ written: string }>(
    `select (select count(*) || ' customers of ' || coalesce(sum(version), 0) || ' versions' from customers) || ', ' ||
            (select count(*) from audit_log) || ' audit rows, ' ||
            (select sum(fence) from outbox_shards) || ' leases' as written`,
  );
  return rows[0]?.written ?? '';
}
