import { randomBytes } from 'node:crypto';

/** An authorization code, for one exchange by the app that requested it. */
export interface Code {
  readonly shopId: number;
  readonly clientId: string;
  readonly untilMs: number;
  used: boolean;
  /** The app was uninstalled after the code was issued. */
  revoked: boolean;
}

export interface Codes {
  issue(code: Pick<Code, 'shopId' | 'clientId'>): string;
  find(code: string): Code | undefined;
  /** Revokes the codes of a shop. */
  revoke(shopId: number): void;
}

/**
 * Shopify documents no lifetime. RFC 6749 recommends 10 minutes at most; one minute is enough for a client
 * that exchanges the code in the request that delivers it.
 * Source: rfc-editor.org/rfc/rfc6749#section-4.1.2.
 */
const LIFETIME_MS = 60_000;

/** Keeps the codes of all shops: a code must not be accepted by another shop. */
export function createCodes(now: () => number): Codes {
  const codes = new Map<string, Code>();
  return {
    issue(code) {
      const text = randomBytes(16).toString('hex');
      codes.set(text, { ...code, untilMs: now() + LIFETIME_MS, used: false, revoked: false });
      return text;
    },
    find: (code) => codes.get(code),
    revoke(shopId) {
      for (const code of codes.values()) if (code.shopId === shopId) code.revoked = true;
    },
  };
}
