import type { Pool } from '@core/db';
import {
  claimPage,
  failRun,
  Fenced,
  noteFailure,
  releaseLease,
  renewLease,
  restartSlice,
  setWaiting,
  storeCustomerAccess,
  withholdEmails,
  type CommandContext,
  type PageRef,
} from '@core/domain';
import { startLoop, type Loop } from '@core/runtime';
import { CursorLost, CustomersWithheld, EmailsWithheld, RetryLater } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { LEASE_RENEWAL } from '../lease-renewal.ts';
import { jobId, type PageJobs } from '../queues.ts';
import { RedisUnavailable } from '../redis.ts';
import type { HeldSlices } from './held-slices.ts';
import { isFailure, decideRetry, type RetryDecision } from './page-failure.ts';
import type { Progress, Work, WorkDeps } from './page-work.ts';
import { planSlices } from './plan-run.ts';
import { readPage } from './read-page.ts';
import { verifyIds } from './verify-ids.ts';

export interface ProcessPageDeps extends WorkDeps {
  jobs: Pick<PageJobs, 'add'>;
  held: HeldSlices;
  giveUpAfterMs: number;
}

/** A shorter wait is not reported to the merchant. The lease that was just claimed covers it. */
const TOLD_FROM_MS = 1_000;

const WORK = {
  plan: planSlices,
  read: readPage,
  reconcile: readPage,
  ids: readPage,
  verify: verifyIds,
};

/**
 * Processes one page of one slice: claims it, does the work of its kind, and queues the next page.
 * @returns milliseconds after which to retry this page; 0 when the page is finished
 */
export async function processPage(deps: ProcessPageDeps, page: PageRef): Promise<number> {
  const { held, signal, log } = deps;
  const ctx: CommandContext = { caller: 'importer', requestId: jobId(page), keys: deps.keys, signal };
  try {
    return await apply(deps, ctx, page, await attempt(deps, ctx, page));
  } catch (err) {
    if (signal.aborted) return 0;
    try {
      const tried = { ageMs: await failingFor(deps, page, err), number: held.failed(page) };
      const decision = decideRetry(err, tried, deps.giveUpAfterMs);
      if (decision.kind !== 'drop')
        log.warn({ err, job: jobId(page), decision: decision.kind }, 'page not imported');
      return await apply(deps, ctx, page, decision);
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      held.drop(page);
      return 0;
    }
  }
}

async function attempt(deps: ProcessPageDeps, ctx: CommandContext, page: PageRef): Promise<Progress> {
  const { pool, held } = deps;
  const claimed = await inTransactionOf(page, pool, (tx) => claimPage(tx, page));
  if (!claimed) return { kind: 'drop' };
  held.keep(page);
  const connection = { merchantId: page.merchantId, shop: claimed.shop };
  const client = deps.shopClient(connection, {
    signal: deps.signal,
    // Not for a run that was cancelled during the wait: no process would track what the request starts.
    stillWanted: () => inTransactionOf(page, pool, (tx) => renewLease(tx, page)),
  });
  const work: Work = { page, claimed, ctx, client };
  const alive = keepAlive(pool, page);
  try {
    return await WORK[claimed.kind](deps, work);
  } catch (error) {
    // Waiting is not a failure, however often it occurs.
    if (error instanceof RetryLater) return { kind: 'wait', waitMs: error.waitMs, reason: error.reason };
    if (error instanceof CursorLost) return await restartLostSlice(deps, page);
    if (error instanceof CustomersWithheld) {
      await inTransactionOf(page, pool, (tx) => storeCustomerAccess(tx, { ...connection, access: 'none' }));
    }
    // Refused although it was not requested: the message tells the merchant.
    if (error instanceof EmailsWithheld && !claimed.emailsWithheld) {
      return await continueWithoutEmail(deps, { ...page, shop: claimed.shop });
    }
    throw error;
  } finally {
    void alive.stop(); // not awaited: the page is finished
  }
}

/** The page is read again, from the same cursor. @throws Fenced */
async function continueWithoutEmail(
  { pool, log }: ProcessPageDeps,
  page: PageRef & { shop: string },
): Promise<RetryDecision> {
  log.info({ job: jobId(page) }, 'Shopify withholds emails; the import continues without them');
  await inTransactionOf(page, pool, (tx) => withholdEmails(tx, page));
  return { kind: 'wait', waitMs: 1, reason: '' };
}

/** @throws Fenced */
async function failingFor({ pool }: ProcessPageDeps, page: PageRef, error: unknown): Promise<number> {
  if (!isFailure(error)) return 0;
  try {
    return await inTransactionOf(page, pool, (tx) => noteFailure(tx, page));
  } catch (unnoted) {
    if (unnoted instanceof Fenced) throw unnoted;
    // PostgreSQL is unavailable. This is not an outage of the shop, and the run loses nothing while it waits.
    return 0;
  }
}

async function restartLostSlice({ pool, log }: ProcessPageDeps, page: PageRef): Promise<RetryDecision> {
  log.info({ job: jobId(page) }, 'the slice lost its cursor and restarts from its beginning');
  if (await inTransactionOf(page, pool, (tx) => restartSlice(tx, page)))
    return { kind: 'wait', waitMs: 1, reason: '' };
  return {
    kind: 'fail',
    message: 'Shopify repeatedly loses the position in its list of customers. Resume the import later.',
  };
}

async function apply(
  { pool, held, jobs, signal }: ProcessPageDeps,
  ctx: CommandContext,
  page: PageRef,
  progress: Progress,
): Promise<number> {
  if (progress === 'next') {
    const following = { ...page, page: page.page + 1 };
    held.keep(following);
    if (!signal.aborted) await enqueuePage(pool, jobs, following);
    return 0;
  }
  if (progress !== 'done' && progress.kind === 'wait') {
    // At the ceiling each page waits a few milliseconds. Such waits are not written to the database or shown.
    if (progress.waitMs >= TOLD_FROM_MS)
      await inTransactionOf(page, pool, (tx) => setWaiting(tx, { ...page, ...progress }));
    held.keep(page);
    return progress.waitMs;
  }
  held.drop(page);
  if (progress !== 'done' && progress.kind === 'fail') {
    await inTransactionOf(page, pool, (tx) => failRun(tx, ctx, { ...page, message: progress.message }));
  }
  return 0;
}

/**
 * Queues a page. If Redis refuses it, releases the lease; the reconciler queues the page once Redis accepts
 * jobs.
 */
async function enqueuePage(pool: Pool, jobs: Pick<PageJobs, 'add'>, page: PageRef): Promise<void> {
  try {
    await jobs.add([page]);
  } catch (error) {
    if (!(error instanceof RedisUnavailable)) throw error;
    await inTransactionOf(page, pool, (tx) => releaseLease(tx, page));
  }
}

/**
 * Renews the lease of the slice. A failed renewal does not fail the page: the page's commit detects whether
 * the slice is still ours.
 *
 * Only one renewal runs at a time. The page's own transaction can hold the row for minutes (the last page of
 * a large shop). Each further renewal would wait for the row and occupy a connection of the pool.
 */
const keepAlive = (pool: Pool, page: PageRef): Loop =>
  startLoop({
    name: 'page lease renewal',
    ...LEASE_RENEWAL,
    work: async () => void (await inTransactionOf(page, pool, (tx) => renewLease(tx, page))),
  });
