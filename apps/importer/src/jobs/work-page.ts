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
  SLICE_LEASE_MS,
  type CommandContext,
  type PageRef,
} from '@core/domain';
import { startLoop, type Loop } from '@core/runtime';
import { CursorLost, NotYet } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { jobId, type PageJobs } from '../queues.ts';
import { RedisUnavailable } from '../redis.ts';
import type { HeldSlices } from './held-slices.ts';
import { isFailure, remedyFor, type Remedy } from './page-failure.ts';
import type { Progress, Work, WorkDeps } from './page-work.ts';
import { planSlices } from './plan-run.ts';
import { readPage } from './read-page.ts';
import { verifyIds } from './verify-ids.ts';

export interface WorkPageDeps extends WorkDeps {
  jobs: Pick<PageJobs, 'add'>;
  held: HeldSlices;
  giveUpAfterMs: number;
}

/** A shorter wait is not told to the merchant; the lease just claimed outlasts it. */
const TOLD_FROM_MS = 1_000;

const WORK = {
  plan: planSlices,
  read: readPage,
  reconcile: readPage,
  ids: readPage,
  verify: verifyIds,
};

/**
 * One page of one slice: claim, do what its kind asks for, put up the next page.
 * @returns milliseconds after which to try this page again, 0 when it is over
 */
export async function workPage(deps: WorkPageDeps, page: PageRef): Promise<number> {
  const { held, signal, log } = deps;
  const ctx: CommandContext = { caller: 'importer', requestId: jobId(page), keys: deps.keys, signal };
  try {
    return await apply(deps, ctx, page, await attempt(deps, ctx, page));
  } catch (err) {
    if (signal.aborted) return 0;
    try {
      const tried = { ageMs: await failingFor(deps, page, err), number: held.failed(page) };
      const remedy = remedyFor(err, tried, deps.giveUpAfterMs);
      if (remedy.kind !== 'drop')
        log.warn({ err, job: jobId(page), remedy: remedy.kind }, 'page not imported');
      return await apply(deps, ctx, page, remedy);
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      held.drop(page);
      return 0;
    }
  }
}

async function attempt(deps: WorkPageDeps, ctx: CommandContext, page: PageRef): Promise<Progress> {
  const { pool, held } = deps;
  const claimed = await inTransactionOf(page, pool, (tx) => claimPage(tx, page));
  if (!claimed) return { kind: 'drop' };
  held.keep(page);
  const connection = { merchantId: page.merchantId, shop: claimed.shop };
  const client = deps.shopClient(connection, {
    signal: deps.signal,
    // Not of a run that was cancelled meanwhile: nobody would know of what is started then.
    stillWanted: () => inTransactionOf(page, pool, (tx) => renewLease(tx, page)),
  });
  const work: Work = { page, claimed, ctx, client };
  const alive = keepAlive(pool, page);
  try {
    return await WORK[claimed.kind](deps, work);
  } catch (error) {
    // Waiting is no failure, however often it has to.
    if (error instanceof NotYet) return { kind: 'wait', waitMs: error.waitMs, reason: error.reason };
    if (error instanceof CursorLost) return await beginAnew(deps, page);
    throw error;
  } finally {
    void alive.stop(); // not waited for: the page is over
  }
}

/** @throws Fenced */
async function failingFor({ pool }: WorkPageDeps, page: PageRef, error: unknown): Promise<number> {
  if (!isFailure(error)) return 0;
  try {
    return await inTransactionOf(page, pool, (tx) => noteFailure(tx, page));
  } catch (unnoted) {
    if (unnoted instanceof Fenced) throw unnoted;
    // PostgreSQL is away: no outage of the shop's, and nothing of the run is lost meanwhile.
    return 0;
  }
}

async function beginAnew({ pool, log }: WorkPageDeps, page: PageRef): Promise<Remedy> {
  log.info({ job: jobId(page) }, 'the slice has lost its cursor and begins anew');
  if (await inTransactionOf(page, pool, (tx) => restartSlice(tx, page)))
    return { kind: 'wait', waitMs: 1, reason: '' };
  return {
    kind: 'fail',
    message: 'Shopify loses the place in its list of customers again and again. Resume the import later.',
  };
}

async function apply(
  { pool, held, jobs, signal }: WorkPageDeps,
  ctx: CommandContext,
  page: PageRef,
  progress: Progress,
): Promise<number> {
  if (progress === 'next') {
    const following = { ...page, page: page.page + 1 };
    held.keep(following);
    if (!signal.aborted) await putUp(pool, jobs, following);
    return 0;
  }
  if (progress !== 'done' && progress.kind === 'wait') {
    // At the ceiling each page waits some milliseconds: no write for that, nor a line that flickers.
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

/** A page that Redis does not take is given back: the reconciler hands it out once Redis takes jobs again. */
async function putUp(pool: Pool, jobs: Pick<PageJobs, 'add'>, page: PageRef): Promise<void> {
  try {
    await jobs.add([page]);
  } catch (error) {
    if (!(error instanceof RedisUnavailable)) throw error;
    await inTransactionOf(page, pool, (tx) => releaseLease(tx, page));
  }
}

/**
 * Renews the lease while a slow reply or a slow database is waited for. A process that hangs altogether
 * renews nothing: then its slice is handed out anew, as it should be. A failure here is not one of the
 * page: its commit finds out whether the slice is still ours.
 *
 * One renewal at a time: while the page's own transaction holds the row, as the last of a large shop does for minutes,
 * each would wait for it with a connection of the pool.
 */
const keepAlive = (pool: Pool, page: PageRef): Loop =>
  startLoop({
    name: 'renew the lease of a page',
    every: SLICE_LEASE_MS / 3,
    backoff: { first: SLICE_LEASE_MS / 3 },
    waitsFirst: true,
    work: async () => void (await inTransactionOf(page, pool, (tx) => renewLease(tx, page))),
  });
