import { LRUCache } from 'lru-cache';
import { CoreError } from '@core/runtime';
import { SessionTokenRefused, type ReadSessionToken } from '@core/shopify';
import type { CurrentConnection } from '../install/find-merchant.ts';
import type { Caller, Scope } from '../rpc-context/context.ts';
import { CONSOLE_TOKEN, type ConsoleTokens } from './console-tokens.ts';

/**
 * The scopes of the page in Shopify's admin. It shows segments, counts and imports, and no names: emails need
 * customers:pii.
 */
const PAGE_SCOPES: ReadonlySet<Scope> = new Set([
  'rfm:read',
  'customers:read',
  'imports:write',
  'settings:write',
]);

/** A page makes several calls with one token. A shop that has left is refused within this time. */
const REMEMBER_MS = 5_000;
const MAX_TOKENS = 10_000;

export interface SessionCallersOptions {
  readSession: ReadSessionToken;
  readConsole: ConsoleTokens['read'];
  /** Returns the connection that the shop has now. */
  connectionOf: (shop: string) => Promise<CurrentConnection | null>;
  /** Milliseconds since the epoch: the clock for the times in tokens. */
  now?: () => number;
  /** Monotonic milliseconds: the clock that expires remembered tokens. */
  monotonic?: () => number;
}

/**
 * Identifies a user of a shop's admin by the session token that Shopify gives the app's page, or by the
 * console token that was given for one.
 */
export type SessionCallers = (token: string) => Promise<Caller>;

/**
 * Creates the check of both tokens as callers. The caller is bound to the token's shop and its merchant. The
 * user's number is not used: an audit row names the shop, and no person.
 * @throws CoreError unauthenticated; permission_denied when no merchant has the shop of a session token
 *   connected
 */
export function createSessionCallers(options: SessionCallersOptions): SessionCallers {
  const { connectionOf, now = Date.now, monotonic = () => performance.now() } = options;
  const known = new LRUCache<string, { caller: Caller; until: number }>({ max: MAX_TOKENS });
  const prove = async (token: string): Promise<Proven> =>
    token.startsWith(`${CONSOLE_TOKEN}.`)
      ? options.readConsole(token)
      : options.readSession(token).catch(refuse);

  return async (token) => {
    const found = known.get(token);
    if (found && monotonic() < found.until) return found.caller;
    const [at, begun] = [now(), monotonic()];
    const proven = await prove(token);
    const { shop, expiresAt } = proven;
    const connection = await connectionOf(shop);
    requireConnection(proven, connection);
    const caller: Caller = {
      caller: `shopify:${shop}`,
      scopes: PAGE_SCOPES,
      boundTo: connection.merchantId,
      boundToShop: shop,
      ...(!proven.connection && { opens: { shop, connection } }),
    };
    known.set(token, { caller, until: begun + Math.min(REMEMBER_MS, expiresAt.getTime() - at) });
    return caller;
  };
}

interface Proven {
  shop: string;
  expiresAt: Date;
  /** The connection to which a console token is bound. */
  connection?: CurrentConnection;
}

/** @throws CoreError unless the shop is connected, for a console token by the same connection */
function requireConnection(
  { shop, connection: bound }: Proven,
  connection: CurrentConnection | null,
): asserts connection is CurrentConnection {
  if (bound && !(connection && isSame(bound, connection))) {
    throw new CoreError('unauthenticated', `the console token has ended with the connection of ${shop}`);
  }
  if (!connection) {
    throw new CoreError(
      'permission_denied',
      `the shop ${shop} is not connected; open the app in the Shopify admin again`,
    );
  }
}

const isSame = (a: CurrentConnection, b: CurrentConnection): boolean =>
  a.merchantId === b.merchantId && a.since.getTime() === b.since.getTime();

/** The message of a refused token names the claim and contains nothing of the token. */
function refuse(error: unknown): never {
  if (!(error instanceof SessionTokenRefused)) throw error;
  throw new CoreError('unauthenticated', error.message);
}
