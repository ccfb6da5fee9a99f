import { isNull } from 'drizzle-orm';
import { build, customerImportLogs, runOn, statement } from '@core/db';
import { disturbance, now } from '../cpu.ts';
import { describeDisturbance } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { importShop, newShop } from './drive-import.ts';
import type { ImportStack } from './open-stack.ts';

/**
 * This plan refills the bucket with 20 requests per second, slow enough that the machine is not the limit.
 */
const PLAN = 'plus';
/** More replies with 429 than a run can receive. Each asks to wait 2.0 s. */
const STORM = 100_000;

/**
 * Measures the rate of one shop while another shop answers every request with 429, divided by the rate alone.
 * One importer runs both.
 * @returns a ratio for each round
 */
export async function measureNeighbors(
  stack: ImportStack,
  { customers, rounds }: { customers: number; rounds: number },
  { say, signal }: Pick<SuiteOptions, 'say' | 'signal'>,
): Promise<number[]> {
  const importer = await stack.start('importer', { SHOPIFY_REST: 'true', SHOPIFY_HEADROOM: '0' });
  const settings = { plan: PLAN, customers, latency: [100, 150] as [number, number] } as const;
  const ratios: number[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const moment = now();
      const alone = await importShop(stack, await newShop(stack, settings), 'rest', signal);
      const storm = await newShop(stack, { ...settings, fault: { kind: 'http429', times: STORM } });
      const over = new AbortController();
      const stormy = importShop(stack, storm, 'rest', AbortSignal.any([signal, over.signal])).catch(
        () => undefined,
      );
      const beside = await importShop(stack, await newShop(stack, settings), 'rest', signal);
      over.abort();
      await stormy;
      await cancelAll(stack);
      ratios.push(alone.seconds / beside.seconds);
      say(
        `neighbors ${(ratios.at(-1) ?? 0).toFixed(2)}: ${alone.seconds.toFixed(1)} s alone, ${beside.seconds.toFixed(1)} s during a storm of 429  ${describeDisturbance(disturbance(moment, now()))}`,
      );
    }
    return ratios;
  } finally {
    await importer.stop();
  }
}

const CANCEL_ALL = statement({
  text: () =>
    build
      .update(customerImportLogs)
      .set({ status: 'cancelling' })
      .where(isNull(customerImportLogs.finishedAt)),
});

const cancelAll = (stack: ImportStack) => runOn(stack.owner, CANCEL_ALL);
