import { Client } from 'pg';
import { describeDisturbance } from '../rounds.ts';
import { disturbance, cpuSnapshot } from '../cpu.ts';
import type { SuiteOptions } from '../suite.ts';
import { drain } from './drain.ts';
import { emptyOutbox, fillOutbox } from './fill-outbox.ts';
import type { EventStack } from './open-stack.ts';

/** Events that are appended and drained at a time. */
const EVENTS_PER_DRAIN = 20_000;

export interface OpenTransactionFigures {
  /** Events per second of the last drains. */
  freeRates: number[];
  heldRates: number[];
  /** The maximum number of dead rows in the outbox's tables, as counted by PostgreSQL. */
  freeDead: number;
  heldDead: number;
  /** Events that were published while the transaction was open. */
  passed: number;
}

/**
 * Fills and drains the outbox repeatedly for `seconds`: first without, then with an open transaction. That
 * transaction has written, so VACUUM cannot remove rows that are deleted while it is open. The last three
 * drains of each count.
 */
export async function measureOpenTransaction(
  stack: EventStack,
  seconds: number,
  { say, signal }: Pick<SuiteOptions, 'say' | 'signal'>,
): Promise<OpenTransactionFigures> {
  const fillAndDrain = async (what: string) => {
    const until = performance.now() + 1_000 * seconds;
    const rates: number[] = [];
    let dead = 0;
    const from = cpuSnapshot();
    while (performance.now() < until || rates.length < 3) {
      signal.throwIfAborted();
      await fillOutbox(stack.owner, EVENTS_PER_DRAIN);
      rates.push(EVENTS_PER_DRAIN / (await drain(stack, EVENTS_PER_DRAIN)));
      dead = Math.max(dead, await deadRows(stack));
    }
    say(
      `${what}: ${rates.length} drains, the last at ${Math.round(rates.at(-1) ?? 0)}/s, at most ${dead} dead rows  ${describeDisturbance(disturbance(from, cpuSnapshot()))}`,
    );
    return { rates: rates.slice(-3), dead, passed: rates.length * EVENTS_PER_DRAIN };
  };
  await emptyOutbox(stack.owner);
  const withoutTransaction = await fillAndDrain('without an open transaction');
  const holder = new Client(stack.ownerUrl);
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select pg_current_xact_id()');
    const withTransaction = await fillAndDrain('with an open transaction');
    return {
      freeRates: withoutTransaction.rates,
      heldRates: withTransaction.rates,
      freeDead: withoutTransaction.dead,
      heldDead: withTransaction.dead,
      passed: withTransaction.passed,
    };
  } finally {
    await holder.end();
  }
}

async function deadRows({ owner }: EventStack): Promise<number> {
  const { rows } = await owner.query<{ dead: string }>(
    `select sum(n_dead_tup) as dead from pg_stat_user_tables where relname like 'outbox\\_%'`,
  );
  return Number(rows[0]?.dead ?? 0);
}
