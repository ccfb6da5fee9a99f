import { KeyError, KeyringError, type MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import {
  readStoredToken,
  renewToken,
  type RenewTokenDeps,
  type ShopConnection,
  type StoredToken,
} from '@core/domain';
import { CoreError } from '@core/runtime';
import {
  nullIfRefused,
  requestTokens,
  ShopifyRejected,
  ShopifyUnavailable,
  type TokenEndpoint,
  Unauthorized,
} from '@core/shopify';
import { proveConnection } from './prove-connection.ts';
import { inTransactionOf } from '../in-transaction-of.ts';

/** Provides a shop's access token, whether it is permanent or valid for an hour. */
export interface TokenKeeper {
  /**
   * Returns the stored token. A token that is about to expire is refreshed first. For a connection that was
   * made before proofs existed, the shop is first requested to prove the token.
   * @throws Unauthorized or ShopUnproven when the proof fails; like refresh
   */
  read(connection: ShopConnection): Promise<string>;
  /**
   * Returns another access token in place of a refused one.
   * @param refused an access token that Shopify refused
   * @throws CoreError with a message for the merchant when there is no other token; ShopifyUnavailable,
   *   ShopifyRejected
   */
  refresh(connection: ShopConnection, refused: string): Promise<string>;
}

export interface TokenKeeperOptions extends TokenEndpoint {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Used for the proof of a connection. */
  apiVersion: string;
  /** Milliseconds since the epoch: the clock for token expiry. */
  now?: () => number;
}

/** A page takes seconds, and its token must not expire during that time. */
const AHEAD_MS = 60_000;
/** A longer wait would occupy a slot for pages. The page is retried automatically. */
const WAIT_MS = 10_000;

const CONNECT_AGAIN =
  'Shopify no longer accepts the access token of this shop, and it cannot be renewed. ' +
  'Connect the shop again, then resume the import.';

/** Shopify has refused the access token, and there is no other one. The message is shown to the merchant. */
export class TokenRefused extends CoreError {
  override name = 'TokenRefused';

  constructor() {
    super('failed_precondition', CONNECT_AGAIN, { field: 'shop' });
  }
}

const TOKEN_LOST =
  'The stored access token of this shop can no longer be read and cannot be restored. ' +
  'Connect the shop again, then resume the import.';

/** A lost token is a permanent failure: the run fails immediately with a message that says how to fix it. */
function unlessLost(error: unknown): never {
  if (!(error instanceof KeyError) || error instanceof KeyringError) throw error;
  throw new CoreError('failed_precondition', TOKEN_LOST, { field: 'shop', cause: error });
}

/**
 * Reads tokens from PostgreSQL for each page, so that every importer sees a new token immediately. Only one
 * process refreshes a shop's tokens, and it stores them before any process uses them.
 */
export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { pool, keys, signal, baseUrl, apiVersion, now = Date.now } = options;
  const proving = { pool, api: { baseUrl, apiVersion }, signal };

  const read = (connection: ShopConnection) =>
    inTransactionOf(connection, pool, (tx) => readStoredToken(tx, { keys }, connection)).catch(unlessLost);
  const renewal: RenewTokenDeps = {
    pool,
    keys,
    signal,
    request: ({ shop }, refreshToken) => requestTokens(options, shop, refreshToken, now).catch(nullIfRefused),
  };
  const renew = (connection: ShopConnection, refused: string, waitMs: number) =>
    renewToken(renewal, connection, refused, waitMs).catch(unlessLost);

  const refresh = async (connection: ShopConnection, refused: string): Promise<string> => {
    const renewed = await renew(connection, refused, WAIT_MS);
    if (renewed === 'none') throw new TokenRefused();
    if (renewed === 'busy') throw new ShopifyUnavailable('another process is renewing the access token');
    return renewed.accessToken;
  };

  /** Returns the stored token or its successor. */
  const current = async (
    connection: ShopConnection,
    { accessToken, expiresAt, refreshable }: StoredToken,
  ): Promise<string> => {
    const leftMs = expiresAt ? expiresAt.getTime() - now() : Infinity;
    if (!refreshable || leftMs > AHEAD_MS) return accessToken;
    if (leftMs <= 0) return refresh(connection, accessToken);
    // The token is still valid for a moment, so no run waits for the new one and a failed refresh does no
    // harm.
    const renewed = await renew(connection, accessToken, 0).catch((error: unknown) => {
      const mayPass =
        error instanceof ShopifyUnavailable || error instanceof ShopifyRejected || error instanceof CoreError;
      if (!mayPass) throw error;
      return 'busy' as const;
    });
    return typeof renewed === 'string' ? accessToken : renewed.accessToken;
  };

  /** @returns the token that the shop has confirmed */
  const prove = async (
    connection: ShopConnection,
    accessToken: string,
    refreshable: boolean,
  ): Promise<string> => {
    try {
      await proveConnection(proving, connection, accessToken);
      return accessToken;
    } catch (error) {
      if (!(error instanceof Unauthorized) || !refreshable) throw error;
      const fresh = await refresh(connection, accessToken);
      await proveConnection(proving, connection, fresh);
      return fresh;
    }
  };

  return {
    refresh,
    async read(connection) {
      const stored = await read(connection);
      const accessToken = await current(connection, stored);
      return stored.proven ? accessToken : prove(connection, accessToken, stored.refreshable);
    },
  };
}
