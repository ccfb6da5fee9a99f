import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ClaimedPage, CommandContext, PageRef, ShopConnection, UpsertCounts } from '@core/domain';
import type { Logger } from '@core/runtime';
import type { BindShop, ShopClient, Sources, Tiers } from '@core/shopify';
import type { ImporterMetrics } from '../metrics.ts';
import type { Remedy } from './page-failure.ts';

export interface WorkDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  /** The one way to a shop. */
  shopClient: BindShop<ShopConnection>;
  sources: Sources;
  settings: { restEntitled: boolean; bulkFrom: number };
  metrics: ImporterMetrics;
  tiers: Tiers;
  log: Logger;
  /** Aborted when the process stops: the page is left where it is and its lease given back. */
  signal: AbortSignal;
}

/** A page in hand. */
export interface Work {
  page: PageRef;
  claimed: ClaimedPage;
  ctx: CommandContext;
  client: ShopClient;
}

/** next: the slice goes on with the page behind. done: it is over. */
export type Progress = 'next' | 'done' | Remedy;

/** Counts a page that was committed. */
export function countPage({ metrics, tiers }: WorkDeps, shop: string, counts?: UpsertCounts): void {
  const tier = tiers.of(shop);
  metrics.pages.inc({ tier });
  for (const [outcome, n] of Object.entries(counts ?? {})) metrics.customers.inc({ outcome, tier }, n);
}
