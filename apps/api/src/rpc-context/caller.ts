import type { PeerCertificate } from 'node:tls';
import type { MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';
import { SCOPES, type Caller, type Scope } from './context.ts';

/** The credentials that a call presents. */
export interface Credentials {
  header(name: string): string | undefined;
  /** The client's certificate, which the server has verified; undefined if the client presented none. */
  readonly certificate?: () => PeerCertificate | undefined;
}

/**
 * Identifies the caller. It is synchronous when possible, because a promise costs every call a turn of the
 * event loop.
 * @throws CoreError unauthenticated; unavailable when the caller cannot be identified at the moment
 */
export type Identify = (credentials: Credentials) => Caller | Promise<Caller>;

const DEV: Caller = { caller: 'dev', scopes: new Set(SCOPES) };

/** For development: every caller is `dev` and has every scope. Scopes are still checked. */
export const identifyAsDev: Identify = () => DEV;

/** @throws CoreError permission_denied */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (!scopes.has(scope)) throw new CoreError('permission_denied', `the scope ${scope} is needed`);
}

/**
 * @param request a user of one shop must not act in another shop of the merchant
 * @throws CoreError permission_denied for a caller that is bound to another shop than the request names
 */
export function requireShop({ boundToShop }: Caller, request: object): void {
  const named = 'shop' in request ? request.shop : undefined;
  if (boundToShop === undefined || named === undefined || named === boundToShop) return;
  throw new CoreError('permission_denied', `shop: a user of ${boundToShop} may not act in another shop`, {
    field: 'shop',
  });
}

/**
 * @throws CoreError permission_denied for a caller that is bound to another merchant
 */
export function requireMerchant({ boundTo }: Caller, merchantId: MerchantId): void {
  if (boundTo !== undefined && boundTo !== merchantId) {
    throw new CoreError('permission_denied', 'merchant_id: the token is bound to another merchant', {
      field: 'merchant_id',
    });
  }
}
