import { isNull } from 'drizzle-orm';
import { build, customerImportLogs, runOn, statement } from '@core/db';
import { disturbance, cpuSnapshot } from '../cpu.ts';
import { describeDisturbance } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { importShop, newShop } from './drive-import.ts';
import type { ImportStack } from './open-stack.ts';

/**
 * This plan refills the bucket with 20 requests per second, slow enough that the machine is not the limit.
 */
const PLAN = 'plus';
/** More replies with 429 than a run can receive. Each asks to wait 2.0 s. */
const MANY_REPLIES = 100_000;

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
      const before = cpuSnapshot();
      const alone = await importShop(stack, await newShop(stack, settings), 'rest', signal);
      const refusedShop = await newShop(stack, {
        ...settings,
        fault: { kind: 'http429', times: MANY_REPLIES },
      });
      const over = new AbortController();
      const refusedImport = importShop(
        stack,
        refusedShop,
        'rest',
        AbortSignal.any([signal, over.signal]),
      ).catch(() => undefined);
      const withNeighbor = await importShop(stack, await newShop(stack, settings), 'rest', signal);
      over.abort();
      await refusedImport;
      await cancelAll(stack);
      ratios.push(alone.seconds / withNeighbor.seconds);
      say(
        `neighbors ${(ratios.at(-1) ?? 0).toFixed(2)}: ${alone.seconds.toFixed(1)} s alone, ${withNeighbor.seconds.toFixed(1)} s while another shop answers 429  ${describeDisturbance(disturbance(before, cpuSnapshot()))}`,
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
