import { inTransaction } from '@core/db';
import { setSegmentSync } from '@core/domain';
import { pause } from '@core/runtime';
import { makeServicesDir, removeServicesDir } from '@core/testing';
import { buildBundles } from '../bundles.ts';
import { cpuSnapshot, disturbance } from '../cpu.ts';
import { describeMachine } from '../describe-machine.ts';
import { newShop, type BenchShop } from '../import/drive-import.ts';
import { openImportStack, type ImportStack } from '../import/open-stack.ts';
import { describeDisturbance } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';

const CUSTOMERS = 100_000;
const QUICK = 20_000;
/** Points of any mutation. */
const COST = 10;
/** The rate of Shopify's Plus plan, with a small bucket: what is in it at the start is no rate. */
const LIMITS = { maximumAvailable: 2_000, restoreRate: 1_000 };
/** For this long after a start of Redis the limiter assumes requests in flight (limiter-scripts.ts). */
const RESERVATION_MS = 22_000;

/** Writes the segments of a shop, and compares the points used with the shop's limit. */
export async function benchSegments(options: SuiteOptions): Promise<Report> {
  const { warmUp, sizes, say, stops, signal } = options;
  const customers = sizes?.[0] ?? (warmUp > 1 ? CUSTOMERS : QUICK);
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  await buildBundles(['importer'], signal);
  const stack = await openImportStack(dir, options);
  const shop = await newShop(stack, {
    customers,
    scopes: ['write_customers', 'read_customer_merge'],
    limits: { graphql: LIMITS },
  });
  await addScoredCustomers(stack, shop, customers);
  // The default ceiling of 40 requests a second is below the limit of this plan.
  const importer = await stack.start('importer', { SHOPIFY_CEILING: '200' });
  say('waiting until the limiter no longer reserves requests that an emptied Redis may have lost');
  await pause(RESERVATION_MS, signal);
  try {
    const before = cpuSnapshot();
    const begin = Date.now();
    const ctx = { caller: 'bench', requestId: 'segments' };
    await inTransaction(stack.owner, (tx) => setSegmentSync(tx, ctx, { ...shop, enabled: true }));
    const first = await untilCompared(stack, shop, new Date(begin), signal);
    const seconds = (first.getTime() - begin) / 1_000;
    const written = await stack.shop(shop.shop);
    await untilCompared(stack, shop, new Date(), signal);
    const after = await stack.shop(shop.shop);
    const points = written.metafieldMutations * COST - LIMITS.maximumAvailable;
    const share = points / seconds / LIMITS.restoreRate;
    const secondRun = after.metafieldMutations - written.metafieldMutations;
    if (written.metafieldsSet !== 2 * customers || after.violations.length > 0)
      throw new Error(
        `the shop has ${written.metafieldsSet} metafields: ${JSON.stringify(after.violations)}`,
      );
    say(
      `share of the rate ${share.toFixed(2)}: ${customers} customers in ${seconds.toFixed(1)} s, ` +
        `${after.throttled} throttled, ${secondRun} calls by the second run  ` +
        describeDisturbance(disturbance(before, cpuSnapshot())),
    );
    return {
      name: 'segments',
      ratios: { segments_share_of_rate: share },
      context: {
        machine: await describeMachine(stack.ownerUrl),
        customers,
        seconds,
        calls: written.metafieldMutations,
        throttled: after.throttled,
        second_run_calls: secondRun,
        limits: LIMITS,
      },
      tables: [],
      verdict: 'One run: the share is of the rate of the plan, without what its bucket held at the start.',
    };
  } finally {
    await importer.stop();
  }
}

/** Stores the customers of the shop with scores. */
async function addScoredCustomers(
  { owner, customersOf }: ImportStack,
  { merchantId, shop }: BenchShop,
  customers: number,
): Promise<void> {
  const PAGE = 10_000;
  for (let offset = 0; offset < customers; offset += PAGE) {
    const ids = await customersOf(shop, offset, PAGE);
    await owner.query(
      `insert into customers (merchant_id, external_id, rfm_score)
       select $1, id, jsonb_build_object('recency', 5, 'frequency', 4, 'monetary', 5, 'score', '545',
                                         'segment', 'CHAMPIONS', 'as_of', '2026-01-01T00:00:00Z')
         from unnest($2::text[]) id`,
      [merchantId, ids],
    );
  }
}

/** Waits until the shop was compared as a whole after this moment. @returns when */
async function untilCompared(
  { owner }: ImportStack,
  { merchantId }: BenchShop,
  from: Date,
  signal: AbortSignal,
): Promise<Date> {
  for (;;) {
    await pause(100, signal);
    signal.throwIfAborted();
    const { rows } = await owner.query<{ at: Date | null; error: string | null }>(
      'select completed_at as at, last_error as error from segment_syncs where merchant_id = $1',
      [merchantId],
    );
    const [sync] = rows;
    if (sync?.error) throw new Error(sync.error);
    if (sync?.at && sync.at > from) return sync.at;
  }
}
