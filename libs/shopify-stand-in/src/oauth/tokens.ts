import { randomBytes } from 'node:crypto';

/** The tokens of an expiring offline grant. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Lifetime of the access token in seconds. */
  expiresIn: number;
  /** Lifetime of the refresh token in seconds. */
  refreshTokenExpiresIn: number;
}

export interface Tokens {
  /** Returns the newest access token. Setting one revokes all others, and it never expires. */
  access(): string;
  set(accessToken: string): void;
  accepts(accessToken: string | undefined): boolean;
  /** Issues a first pair, as after an OAuth grant with expiring=1. Revokes all others. */
  issue(lifetimeS?: number): TokenPair;
  /** 'again': the token was refused before, and the documentation forbids another attempt. */
  refresh(refreshToken: string): TokenPair | 'refused' | 'again' | 'unknown';
  /** Expires the access tokens now. Refresh tokens stay valid. */
  expire(): void;
  /** Revokes all tokens, as after an uninstall. */
  revoke(): void;
}

interface RefreshToken {
  untilMs: number;
  lifetimeS: number;
  firstUsedMs?: number;
  /** Created at first use; the same at every retry. */
  replacement?: string;
  predecessor?: RefreshToken;
  retired: boolean;
}

const HOUR_S = 3_600;
const DAY_MS = 86_400_000;
const REFRESH_DAYS = 90;
const RECOVERY_DAYS = 30;

/**
 * Creates the tokens of one app in one shop. A refresh token may be used again until its replacement is used,
 * for at most 30 days. An access token stays valid beside its successor until it expires.
 * Source: shopify.dev "About offline access tokens" and the changelog "More resilient refreshes for expiring
 * offline access tokens" (August 2026).
 */
export function createTokens(initial: string, now: () => number): Tokens {
  let current = initial;
  let access = new Map<string, number>([[initial, Infinity]]);
  const refresh = new Map<string, RefreshToken>();
  const refused = new Set<string>();

  const newAccess = (lifetimeS: number): string => {
    current = `shpat_${randomBytes(16).toString('hex')}`;
    access.set(current, now() + lifetimeS * 1000);
    return current;
  };
  const newRefresh = (lifetimeS: number, predecessor?: RefreshToken): string => {
    const token = `shprt_${randomBytes(16).toString('hex')}`;
    const untilMs = now() + REFRESH_DAYS * DAY_MS;
    refresh.set(token, { untilMs, lifetimeS, retired: false, ...(predecessor && { predecessor }) });
    return token;
  };
  const pair = (refreshToken: string, lifetimeS: number): TokenPair => ({
    accessToken: newAccess(lifetimeS),
    refreshToken,
    expiresIn: lifetimeS,
    refreshTokenExpiresIn: Math.floor(((refresh.get(refreshToken)?.untilMs ?? now()) - now()) / 1000),
  });
  const alive = ({ retired, untilMs, firstUsedMs }: RefreshToken): boolean =>
    !retired && now() < untilMs && now() < (firstUsedMs ?? now()) + RECOVERY_DAYS * DAY_MS;
  const reset = () => {
    access = new Map();
    for (const token of refresh.values()) token.retired = true;
  };

  return {
    access: () => current,
    set(accessToken) {
      reset();
      current = accessToken;
      access.set(accessToken, Infinity);
    },
    accepts: (accessToken) => now() < (access.get(accessToken ?? '') ?? -Infinity),
    issue(lifetimeS = HOUR_S) {
      reset();
      return pair(newRefresh(lifetimeS), lifetimeS);
    },
    refresh(refreshToken) {
      const token = refresh.get(refreshToken);
      if (!token) return 'unknown';
      if (!alive(token)) {
        if (refused.has(refreshToken)) return 'again';
        refused.add(refreshToken);
        return 'refused';
      }
      if (token.predecessor) token.predecessor.retired = true;
      token.firstUsedMs ??= now();
      token.replacement ??= newRefresh(token.lifetimeS, token);
      return pair(token.replacement, token.lifetimeS);
    },
    expire() {
      for (const token of access.keys()) access.set(token, now());
    },
    revoke: reset,
  };
}
