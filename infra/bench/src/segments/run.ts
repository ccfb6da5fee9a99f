import { eq, sql } from 'drizzle-orm';
import {
  build,
  customers,
  insertSelect,
  inTransaction,
  many,
  segmentSyncs,
  statement,
  text,
  unnest,
} from '@core/db';
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
  const count = sizes?.[0] ?? (warmUp > 1 ? CUSTOMERS : QUICK);
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  await buildBundles(['importer'], signal);
  const stack = await openImportStack(dir, options);
  const shop = await newShop(stack, {
    customers: count,
    scopes: ['write_customers', 'read_customer_merge'],
    limits: { graphql: LIMITS },
  });
  await addScoredCustomers(stack, shop, count);
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
    if (written.metafieldsSet !== 2 * count || after.violations.length > 0)
      throw new Error(
        `the shop has ${written.metafieldsSet} metafields: ${JSON.stringify(after.violations)}`,
      );
    say(
      `share of the rate ${share.toFixed(2)}: ${count} customers in ${seconds.toFixed(1)} s, ` +
        `${after.throttled} throttled, ${secondRun} calls by the second run  ` +
        describeDisturbance(disturbance(before, cpuSnapshot())),
    );
    return {
      name: 'segments',
      ratios: { segments_share_of_rate: share },
      context: {
        machine: await describeMachine(stack.ownerUrl),
        customers: count,
        seconds,
        calls: written.metafieldMutations,
        throttled: after.throttled,
        second_run_calls: secondRun,
        limits: LIMITS,
      },
      tables: [
        [
          {
            customers: String(count),
            seconds: seconds.toFixed(1),
            "share of the plan's rate": share.toFixed(2),
            floor: '>= 0.8',
            throttled: String(after.throttled),
            'calls by a second run': String(secondRun),
          },
        ],
      ],
      verdict: 'One run: the share is of the rate of the plan, without what its bucket held at the start.',
    };
  } finally {
    await importer.stop();
  }
}

const ADD = statement({
  params: { merchantId: customers.merchantId, externalIds: many(text) },
  text({ merchantId, externalIds }) {
    const given = unnest('given', { externalId: externalIds });
    const score = {
      recency: 5,
      frequency: 4,
      monetary: 5,
      score: '545',
      segment: 'CHAMPIONS',
      as_of: '2026-01-01T00:00:00Z',
    };
    return sql`
      ${insertSelect(customers, { merchantId, externalId: given.externalId, rfmScore: sql`${JSON.stringify(score)}::jsonb` })}
        from ${given}`;
  },
});

/** Stores the customers of the shop with scores. */
async function addScoredCustomers(
  { owner, customersOf }: ImportStack,
  { merchantId, shop }: BenchShop,
  count: number,
): Promise<void> {
  const PAGE = 10_000;
  for (let offset = 0; offset < count; offset += PAGE) {
    const externalIds = await customersOf(shop, offset, PAGE);
    await inTransaction(owner, (tx) => tx.run(ADD, { merchantId, externalIds }));
  }
}

const FIND = statement({
  params: { merchantId: segmentSyncs.merchantId },
  row: { completedAt: segmentSyncs.completedAt, lastError: segmentSyncs.lastError },
  text: (p, row) => build.select(row).from(segmentSyncs).where(eq(segmentSyncs.merchantId, p.merchantId)),
});

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
    const [sync] = await inTransaction(owner, (tx) => tx.run(FIND, { merchantId }));
    if (sync?.lastError) throw new Error(sync.lastError);
    if (sync?.completedAt && sync.completedAt > from) return sync.completedAt;
  }
}
