import { waitUntil } from '@core/testing';
import { newShop, startRun, untilRun } from '../import/shops.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { SCENARIOS, type FailoverFixture } from './scenarios.ts';
import { openFailoverStack } from './stack.ts';

/**
 * Limits for "writes work again after a hung primary is replaced". The short form runs next to other specs.
 */
const WITHIN_S = { long: 10, short: 60 };

/** Large enough that, at the stack's request rate, the import outlasts every scenario. */
const CUSTOMERS = 400_000;

/**
 * Runs the scenarios one after another on one stack, in this order: each starts in the state that the last
 * one left.
 */
export async function runFailoverFaults({
  short,
  seed,
  only,
  say,
  signal,
}: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openFailoverStack(say);
  const result = { passed: 0, failed: 0 };
  const shops = { api: stack.owner(stack.primary), keys: stack.keys, shopify: stack.shopify };
  const shop = await newShop(shops, CUSTOMERS);
  const run = await startRun(shops, shop, 'graphql');
  await untilRun(shops, run, 'in progress', ({ read }) => read > 0);
  const fixture: FailoverFixture = {
    stack,
    run,
    withinS: short ? WITHIN_S.short : WITHIN_S.long,
    signal,
  };
  for (const scenario of SCENARIOS.filter(({ name }) => !only || name.includes(only))) {
    signal.throwIfAborted();
    await waitUntil(() => replicaFollows(stack), { what: 'a replica that accepts reads' });
    const { note, violations } = await scenario.run(fixture);
    result[violations.length === 0 ? 'passed' : 'failed']++;
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: ${note}`);
    for (const violation of violations) say(`       ${violation}`);
  }
  return result;
}

/** Returns whether the first replica has replayed the primary's log, except for the last two seconds. */
async function replicaFollows(stack: Awaited<ReturnType<typeof openFailoverStack>>): Promise<boolean> {
  const { rows } = await stack
    .owner(stack.replicas[0])
    .query<{ ready: boolean }>(
      `select not pg_is_in_recovery() or now() - pg_last_xact_replay_timestamp() < interval '2 s' as ready`,
    );
  return rows[0]?.ready ?? false;
}
