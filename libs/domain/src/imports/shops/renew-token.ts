import type { MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool, type Tx } from '@core/db';
import { pause } from '@core/runtime';
import { readStoredToken, type ShopConnection } from '../access-token.ts';
import {
  acquireRefreshLease,
  dropRefreshToken,
  postponeRefresh,
  storeTokens,
  type RefreshTurn,
  type StoreTokens,
} from './store-tokens.ts';

export interface RenewTokenDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Requests tokens from the shop. Null: Shopify has refused the refresh token permanently. */
  request: (
    connection: ShopConnection,
    refreshToken: string,
  ) => Promise<Pick<StoreTokens, 'accessToken' | 'refreshToken' | 'expiresAt'> | null>;
  /** Aborted when the caller stops waiting. */
  signal: AbortSignal;
}

/** none: the shop must be connected again; busy: another process is renewing the tokens. */
export type RenewedToken = { accessToken: string } | 'none' | 'busy';

/** Longer than the request timeout (15 s), so that a lease expires only when its holder has died. */
const TOKEN_LEASE_MS = 30_000;
/** Pause after a failure. Other callers that wait for the tokens get the same error as the lease holder. */
const PAUSE_MS = 2_000;
const POLL_EVERY_MS = 100;

/**
 * Replaces an access token that has expired, is about to, or was refused. One process requests the new
 * tokens, and stores them before any process uses them. Each step has a separate transaction: none stays
 * open during the request.
 * @param refused the access token to replace
 * @param waitMs how long to wait for another process
 * @throws CoreError failed_precondition when the shop is not connected; KeyError; like `request`
 */
export async function renewToken(
  deps: RenewTokenDeps,
  connection: ShopConnection,
  refused: string,
  waitMs: number,
): Promise<RenewedToken> {
  const { keys, signal } = deps;
  const until = Date.now() + waitMs;
  for (;;) {
    const turn = await inTurn(deps, connection, (tx) =>
      acquireRefreshLease(tx, { keys }, { ...connection, refused, leaseMs: TOKEN_LEASE_MS }),
    );
    if (turn.kind === 'fresh') return turn;
    if (turn.kind === 'none') return 'none';
    if (turn.kind === 'refresh') return requestAndStore(deps, connection, turn);
    if (Date.now() >= until) return 'busy';
    await pause(POLL_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

async function requestAndStore(
  deps: RenewTokenDeps,
  connection: ShopConnection,
  { refreshToken, lease }: Extract<RefreshTurn, { kind: 'refresh' }>,
): Promise<RenewedToken> {
  const { keys, request } = deps;
  try {
    const tokens = await request(connection, refreshToken);
    if (!tokens) {
      await inTurn(deps, connection, (tx) => dropRefreshToken(tx, { ...connection, lease }));
      return 'none';
    }
    const stored = await inTurn(deps, connection, (tx) =>
      storeTokens(tx, { keys }, { ...connection, lease, ...tokens }),
    );
    // Our lease is no longer valid: another holder or the merchant has stored newer tokens.
    return stored
      ? tokens
      : await inTurn(deps, connection, (tx) => readStoredToken(tx, { keys }, connection));
  } catch (error) {
    await inTurn(deps, connection, (tx) =>
      postponeRefresh(tx, { ...connection, lease, pauseMs: PAUSE_MS }),
    ).catch(
      () => undefined, // the lease expires
    );
    throw error;
  }
}

const inTurn = <T>(
  { pool }: RenewTokenDeps,
  { merchantId }: ShopConnection,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => inTransaction(pool, work, { merchantId });
