import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ClaimedPage, CommandContext, PageRef, ShopConnection, UpsertCounts } from '@core/domain';
import type { Logger } from '@core/runtime';
import type { BindShop, ShopClient, Sources, PlanTierCache } from '@core/shopify';
import type { ImporterMetrics } from '../metrics.ts';
import type { RetryDecision } from './page-failure.ts';

export interface WorkDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  /** The only access to a shop. */
  shopClient: BindShop<ShopConnection>;
  sources: Sources;
  settings: { restEntitled: boolean; bulkFrom: number };
  metrics: ImporterMetrics;
  planTiers: PlanTierCache;
  log: Logger;
  /** Aborted when the process stops: the page stays uncommitted and its lease is released. */
  signal: AbortSignal;
}

/** A page in progress. */
export interface Work {
  page: PageRef;
  claimed: ClaimedPage;
  ctx: CommandContext;
  client: ShopClient;
}

/** next: the slice continues with the next page. done: the slice has ended. */
export type Progress = 'next' | 'done' | RetryDecision;

/** Counts a page that was committed. */
export function countPage(
  { metrics, planTiers, log }: WorkDeps,
  { page, claimed }: Work,
  counts?: UpsertCounts,
): void {
  const { shop } = claimed;
  const tier = planTiers.of(shop);
  metrics.pages.inc({ tier });
  const { missed = 0, ...outcomes } = counts ?? {};
  for (const [outcome, n] of Object.entries(outcomes)) metrics.customers.inc({ outcome, tier }, n);
  if (missed === 0) return;
  metrics.missed.inc(missed);
  const { merchantId: merchant_id, importId: import_id } = page;
  log.warn({ merchant_id, shop, import_id, customers: missed }, 'webhooks have missed changes of customers');
}
