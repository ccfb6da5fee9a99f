import { LRUCache } from 'lru-cache';
import type { MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';
import { SessionTokenRefused, type ReadSessionToken } from '@core/shopify';
import type { Caller, Scope } from '../rpc-context/context.ts';

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
  read: ReadSessionToken;
  /** Returns the merchant that has the shop connected. */
  merchantOf: (shop: string) => Promise<MerchantId | null>;
  /** Milliseconds since the epoch: the clock for the times in tokens. */
  now?: () => number;
  /** Monotonic milliseconds: the clock that expires remembered tokens. */
  monotonic?: () => number;
}

/** Identifies a user of a shop's admin by the session token that Shopify gives the app's page. */
export type SessionCallers = (token: string) => Promise<Caller>;

/**
 * Creates the check of session tokens as callers. The caller is bound to the token's shop and its merchant.
 * The user's number is not used: an audit row names the shop, and no person.
 * @throws CoreError unauthenticated; permission_denied when no merchant has the shop connected
 */
export function createSessionCallers(options: SessionCallersOptions): SessionCallers {
  const { read, merchantOf, now = Date.now, monotonic = () => performance.now() } = options;
  const known = new LRUCache<string, { caller: Caller; until: number }>({ max: MAX_TOKENS });

  return async (token) => {
    const found = known.get(token);
    if (found && monotonic() < found.until) return found.caller;
    const [at, begun] = [now(), monotonic()];
    const { shop, expiresAt } = await read(token).catch(refuse);
    const boundTo = await merchantOf(shop);
    if (!boundTo) {
      throw new CoreError(
        'permission_denied',
        `the shop ${shop} is not connected; open the app in the Shopify admin again`,
      );
    }
    const caller: Caller = { caller: `shopify:${shop}`, scopes: PAGE_SCOPES, boundTo, boundToShop: shop };
    known.set(token, { caller, until: begun + Math.min(REMEMBER_MS, expiresAt.getTime() - at) });
    return caller;
  };
}

/** The message of a refused token names the claim and contains nothing of the token. */
function refuse(error: unknown): never {
  if (!(error instanceof SessionTokenRefused)) throw error;
  throw new CoreError('unauthenticated', error.message);
}
