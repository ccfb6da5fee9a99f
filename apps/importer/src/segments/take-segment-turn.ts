import {
  deleteSegmentSync,
  failSegmentSync,
  Fenced,
  hasSegmentScope,
  releaseSegmentSync,
  renewSync,
  storeSegmentsDefined,
  type ClaimedSync,
  type ShopConnection,
} from '@core/domain';
import { startLoop, type Logger } from '@core/runtime';
import { defineMetafields, hasMetafields, type BindShop, type ShopClient } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { LEASE_RENEWAL } from '../lease-renewal.ts';
import { clearShop, deleteWrites } from './clear-shop.ts';
import { decideSegmentRetry, withoutScope, type SegmentDecision } from './segment-failure.ts';
import { writeSegmentPage, type WritePageDeps } from './write-segment-page.ts';

export interface SegmentPace {
  /** Milliseconds after which a shop that has everything is compared again. */
  checkEveryMs: number;
  /** Milliseconds for which a shop is left alone after a removal, which Shopify completes by itself. */
  settleMs: number;
}

export interface SegmentDeps extends WritePageDeps {
  /** The only access to a shop. */
  shopClient: BindShop<ShopConnection>;
  log: Logger;
  /** Aborted when the process stops. */
  signal: AbortSignal;
  pace: SegmentPace;
}

/** A longer turn is ended between two pages, so that the next shop has its turn. */
const TURN_MS = 30_000;

/** The state at the end of a turn: `more` after some milliseconds. */
type Reached = { kind: 'more'; waitMs: number } | { kind: 'complete' } | { kind: 'over' } | SegmentDecision;
const MORE: Reached = { kind: 'more', waitMs: 0 };

/** Works on one claimed sync for a while, then returns it. Never fails. */
export async function takeSegmentTurn(deps: SegmentDeps, sync: ClaimedSync): Promise<void> {
  const { pool, signal } = deps;
  const turn = new AbortController();
  const alive = startLoop({
    name: 'segment lease renewal',
    ...LEASE_RENEWAL,
    work: () =>
      inTransactionOf(sync, pool, (tx) => renewSync(tx, sync)).catch((error: unknown) => {
        // Ends the requests that wait for the shop's limit: they are not wanted any more.
        if (error instanceof Fenced) turn.abort(error);
        else throw error;
      }),
  });
  try {
    await finish(deps, sync, await work(deps, sync, AbortSignal.any([signal, turn.signal])));
  } catch (err) {
    // Without PostgreSQL the lease expires.
    await finish(deps, sync, signal.aborted ? MORE : failed(deps, sync, err)).catch(() => undefined);
  } finally {
    void alive.stop();
  }
}

async function work(deps: SegmentDeps, sync: ClaimedSync, signal: AbortSignal): Promise<Reached> {
  const { pool } = deps;
  const { merchantId, shop, state } = sync;
  if (state === 'ended') {
    await deleteWrites(deps, sync, signal);
    return end(deps, sync, sync.settlesInMs);
  }
  const isGranted = await inTransactionOf(sync, pool, (tx) => hasSegmentScope(tx, sync));
  if (state === 'on' && !isGranted) return withoutScope;
  const client = deps.shopClient({ merchantId, shop }, { signal, tries: Infinity });
  let { settlesInMs } = sync;
  if (!sync.isCleared) {
    const hasSome = sync.isDefined || (await hasMetafields(client));
    if (hasSome && !isGranted) return withoutScope;
    settlesInMs = await clearShop(deps, sync, client, { hasSome, signal });
  }
  if (state === 'off') return end(deps, sync, settlesInMs);
  return settlesInMs > 0 ? { kind: 'more', waitMs: settlesInMs } : write(deps, sync, client, signal);
}

/** Deletes a sync of which nothing is left. The row stays until a later sync need not wait any more. */
async function end({ pool }: SegmentDeps, sync: ClaimedSync, settlesInMs: number): Promise<Reached> {
  if (settlesInMs > 0) return { kind: 'more', waitMs: settlesInMs };
  await inTransactionOf(sync, pool, (tx) => deleteSegmentSync(tx, sync));
  return { kind: 'over' };
}

async function write(
  deps: SegmentDeps,
  sync: ClaimedSync,
  client: ShopClient,
  signal: AbortSignal,
): Promise<Reached> {
  if (!sync.isCleared || !sync.isDefined) {
    await defineMetafields(client);
    await inTransactionOf(sync, deps.pool, (tx) => storeSegmentsDefined(tx, sync));
  }
  const until = performance.now() + TURN_MS;
  while (await writeSegmentPage(deps, sync, client)) {
    signal.throwIfAborted();
    if (performance.now() > until) return MORE;
  }
  return { kind: 'complete' };
}

async function finish({ pool, pace }: SegmentDeps, sync: ClaimedSync, reached: Reached): Promise<void> {
  if (reached.kind === 'over' || reached.kind === 'drop') return;
  if (reached.kind === 'wait')
    return inTransactionOf(sync, pool, (tx) => failSegmentSync(tx, { ...sync, ...reached }));
  const isComplete = reached.kind === 'complete';
  const waitMs = isComplete ? pace.checkEveryMs : reached.waitMs;
  await inTransactionOf(sync, pool, (tx) => releaseSegmentSync(tx, { ...sync, waitMs, isComplete }));
}

function failed({ log, metrics, planTiers }: SegmentDeps, sync: ClaimedSync, err: unknown): SegmentDecision {
  const decision = decideSegmentRetry(err, sync.failures + 1);
  if (decision.kind === 'drop') return decision;
  const { merchantId: merchant_id, shop } = sync;
  metrics.failures.inc({ tier: planTiers.of(shop) });
  log.warn({ err, merchant_id, shop }, 'segments not written to a shop');
  return decision;
}
