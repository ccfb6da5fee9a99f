import { inTransaction, type MerchantKeyStore, type Pool } from '@core/db';
import {
  claimPage,
  clearWaiting,
  commitPage,
  failRun,
  Fenced,
  finishRun,
  LEASE_MS,
  readAccessToken,
  renewLease,
  setExpected,
  setWaiting,
  upsertCustomers,
  type ClaimedPage,
  type CommandContext,
  type PageRef,
  type UpsertCounts,
} from '@core/domain';
import type { Logger } from '@core/runtime';
import type { ImporterMetrics } from '../metrics.ts';
import { jobId, type PageJobs } from '../queues.ts';
import { ShopifyUnavailable, Throttled } from '../shopify/errors.ts';
import { PAGE_COST, type FetchedPage, type FetchPage } from '../shopify/graphql-pages.ts';
import type { Limiter, Outcome } from '../shopify/limiter.ts';
import type { HeldSlices } from './held-slices.ts';
import { remedyFor, type Remedy } from './page-failure.ts';

export interface ImportPageDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  limiter: Limiter;
  fetchPage: FetchPage;
  jobs: Pick<PageJobs, 'add'>;
  held: HeldSlices;
  metrics: ImporterMetrics;
  log: Logger;
  /** Aborted when the process stops: the page is left where it is and its lease given back. */
  signal: AbortSignal;
  giveUpAfterMs: number;
}

/** A shorter wait is not told to the merchant; the lease just claimed outlasts it. */
const TOLD_FROM_MS = 1_000;

/**
 * One page of one slice: claim, wait for the shop's limit, read, store and move the checkpoint in one
 * transaction, put up the next page.
 * @returns milliseconds after which to try this page again, 0 when it is over
 */
export async function importPage(deps: ImportPageDeps, page: PageRef): Promise<number> {
  const { held, signal, log } = deps;
  const ctx: CommandContext = { caller: 'importer', requestId: jobId(page), keys: deps.keys, signal };
  try {
    const remedy = await attemptPage(deps, ctx, page);
    return remedy === null ? 0 : await apply(deps, ctx, page, remedy);
  } catch (err) {
    if (signal.aborted) return 0;
    const remedy = remedyFor(err, held.failed(page), deps.giveUpAfterMs);
    if (remedy.kind !== 'drop') log.warn({ err, job: jobId(page), remedy: remedy.kind }, 'page not imported');
    try {
      return await apply(deps, ctx, page, remedy);
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      held.drop(page);
      return 0;
    }
  }
}

async function attemptPage(deps: ImportPageDeps, ctx: CommandContext, page: PageRef): Promise<Remedy | null> {
  const { pool, limiter, held } = deps;
  const claimed = await inTransaction(pool, async (tx) => {
    const found = await claimPage(tx, page);
    const connection = { merchantId: page.merchantId, shop: found?.shop ?? '' };
    return found && { ...found, accessToken: await readAccessToken(tx, ctx.keys, connection) };
  });
  if (!claimed) return { kind: 'drop' };
  held.keep(page);

  const admission = await limiter.admit(claimed.shop, { api: 'graphql', cost: PAGE_COST });
  if (!admission.granted) return { kind: 'wait', ...admission };
  const alive = keepAlive(pool, page);
  try {
    const fetched = await fetchAccounted(deps, claimed, admission.ticket);
    await store(deps, ctx, page, fetched);
    await goOn(deps, page, fetched.next);
  } finally {
    alive.stop();
  }
  return null;
}

/** Reads the page and tells the limiter what it cost, however it went. */
async function fetchAccounted(
  { fetchPage, limiter, metrics, signal, log }: ImportPageDeps,
  { shop, accessToken, cursor, range, expected }: ClaimedPage & { accessToken: string },
  ticket: string,
): Promise<FetchedPage> {
  // The page is not thrown away for it: an unsettled ticket counts as on its way until it runs out.
  const settle = (outcome: Outcome) =>
    limiter.settle(shop, ticket, outcome).catch((err: unknown) => log.warn({ err }, 'a ticket runs out'));
  try {
    const withCount = expected === null;
    const fetched = await fetchPage({ shop, accessToken, cursor, range, withCount, signal });
    await settle({ cost: fetched.cost });
    return fetched;
  } catch (error) {
    const retryAfterMs = error instanceof ShopifyUnavailable ? error.retryAfterMs : null;
    if (error instanceof Throttled || retryAfterMs !== null) metrics.throttled.inc();
    await settle({ cost: error instanceof Throttled ? error.cost : null, retryAfterMs });
    throw error;
  }
}

async function store(
  { pool, metrics }: ImportPageDeps,
  ctx: CommandContext,
  page: PageRef,
  { customers, next, expected }: FetchedPage,
): Promise<void> {
  const { merchantId, importId } = page;
  const counts = await inTransaction(pool, async (tx): Promise<UpsertCounts> => {
    const upserted = await upsertCustomers(tx, ctx, { merchantId, importId, customers });
    await commitPage(tx, { ...page, cursor: next, read: customers.length, counts: upserted });
    if (expected !== null) await setExpected(tx, { merchantId, importId, expected });
    await clearWaiting(tx, page);
    if (next === null) await finishRun(tx, ctx, page);
    return upserted;
  });
  metrics.pages.inc();
  for (const [outcome, n] of Object.entries(counts)) metrics.customers.inc({ outcome }, n);
}

async function goOn(
  { jobs, held, signal }: ImportPageDeps,
  page: PageRef,
  next: string | null,
): Promise<void> {
  if (next === null) return held.drop(page);
  const following = { ...page, page: page.page + 1 };
  held.keep(following);
  if (!signal.aborted) await jobs.add([following]);
}

async function apply(
  { pool, held }: ImportPageDeps,
  ctx: CommandContext,
  page: PageRef,
  remedy: Remedy,
): Promise<number> {
  if (remedy.kind === 'wait') {
    // At the ceiling each page waits some milliseconds: no write for that, nor a line that flickers.
    if (remedy.waitMs >= TOLD_FROM_MS) await inTransaction(pool, (tx) => setWaiting(tx, page, remedy));
    held.keep(page);
    return remedy.waitMs;
  }
  held.drop(page);
  if (remedy.kind === 'fail') await inTransaction(pool, (tx) => failRun(tx, ctx, page, remedy.message));
  return 0;
}

/**
 * Renews the lease while a slow reply or a slow database is waited for. A process that hangs altogether
 * renews nothing: then its slice is handed out anew, as it should be. A failure here is not one of the
 * page: its commit finds out whether the slice is still ours.
 */
function keepAlive(pool: Pool, page: PageRef): { stop(): void } {
  const timer = setInterval(() => {
    inTransaction(pool, (tx) => renewLease(tx, page)).catch(() => undefined);
  }, LEASE_MS / 3);
  return { stop: () => clearInterval(timer) };
}
