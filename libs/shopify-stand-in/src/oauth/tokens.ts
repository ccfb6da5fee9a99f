import { randomBytes } from 'node:crypto';
import type { Rules } from '../rules.ts';

/** The tokens of an expiring offline grant. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Lifetime of the access token in seconds. */
  expiresIn: number;
  /** Lifetime of the refresh token in seconds. */
  refreshTokenExpiresIn: number;
}
/** The second and later fields belong to an expiring token. */
export type GrantedTokens = Pick<TokenPair, 'accessToken'> & Partial<TokenPair>;

export interface AccessToken {
  /** Infinity: the token does not expire. */
  untilMs: number;
  /** The number of the installation that it was issued in. */
  installation: number;
  /** The client secret by which the app acquired it. */
  secret: string | undefined;
  /** A newer grant has replaced it. */
  retired: boolean;
}

export interface Tokens {
  /** Returns the newest access token. Setting one revokes all others, and it never expires. */
  access(): string;
  set(accessToken: string): void;
  look(accessToken: string): AccessToken | undefined;
  /** Issues a first pair, as after an OAuth grant with expiring=1. Revokes all others. */
  issue(lifetimeS?: number): TokenPair;
  /** Grants an expiring pair, which retires all others, or the one token that never expires. */
  grant(grant: { expiring: boolean; secret: string | undefined }): GrantedTokens;
  /**
   * 'again': the token was refused before, and the documentation forbids another attempt. refusedMs returns
   * when it was refused last.
   */
  refresh(refreshToken: string, secret: string | undefined): TokenPair | 'refused' | 'again' | 'unknown';
  refusedMs(refreshToken: string): number | undefined;
  /** Expires the access tokens now. Refresh tokens stay valid. */
  expire(): void;
  /** Revokes one access token. */
  drop(accessToken: string): void;
  /** Revokes all tokens. */
  revoke(): void;
  revokeRefreshTokens(): void;
  /** Returns every access and refresh token that was ever issued. */
  issued(): string[];
}

interface RefreshToken {
  untilMs: number;
  lifetimeS: number;
  secret: string | undefined;
  firstUsedMs?: number;
  /** Created at first use; the same at every retry. */
  replacement?: string;
  predecessor?: RefreshToken;
  retired: boolean;
}

interface TokensOptions {
  /** Undefined: none. */
  initial: string | undefined;
  now: () => number;
  rules: Rules;
  /** Returns the number of the current installation. */
  installation: () => number;
  isSecret: (secret: string) => boolean;
}

const HOUR_S = 3_600;
const DAY_MS = 86_400_000;
const REFRESH_DAYS = 90;
const RECOVERY_DAYS = 30;

/**
 * Creates the tokens of one app in one shop. A refresh token may be used again until its replacement is used,
 * for at most 30 days. An access token stays valid beside the successor that a refresh returns until it
 * expires. A new grant retires all earlier tokens.
 * Source: shopify.dev "About offline access tokens" and the changelog "More resilient refreshes for expiring
 * offline access tokens" (August 2026).
 */
export function createTokens({ initial, now, rules, installation, isSecret }: TokensOptions): Tokens {
  let current = initial ?? '';
  let access = new Map<string, AccessToken>();
  const refresh = new Map<string, RefreshToken>();
  const refused = new Map<string, number>();
  const issued = new Set<string>();

  const remember = (token: string, untilMs: number, secret?: string): string => {
    current = token;
    issued.add(token);
    access.set(token, { untilMs, installation: installation(), secret, retired: false });
    return token;
  };
  const newAccess = (untilMs: number, secret?: string): string =>
    remember(`shpat_${randomBytes(16).toString('hex')}`, untilMs, secret);
  const newRefresh = (token: Omit<RefreshToken, 'untilMs' | 'retired'>): string => {
    const text = `shprt_${randomBytes(16).toString('hex')}`;
    issued.add(text);
    refresh.set(text, { ...token, untilMs: now() + REFRESH_DAYS * DAY_MS, retired: false });
    return text;
  };
  const pair = (refreshToken: string, lifetimeS: number, secret?: string): TokenPair => ({
    accessToken: newAccess(now() + lifetimeS * 1000, secret),
    refreshToken,
    expiresIn: lifetimeS,
    refreshTokenExpiresIn: Math.floor(((refresh.get(refreshToken)?.untilMs ?? now()) - now()) / 1000),
  });
  const isExpired = ({ untilMs, firstUsedMs }: RefreshToken): boolean =>
    now() >= untilMs || now() >= (firstUsedMs ?? now()) + RECOVERY_DAYS * DAY_MS;
  const isRefused = (token: RefreshToken): boolean =>
    rules.broken('refresh-token-retired', token.retired) ||
    rules.broken('refresh-token-expired', isExpired(token)) ||
    rules.broken('revoked-secret', token.secret !== undefined && !isSecret(token.secret));
  const revokeRefreshTokens = () => {
    for (const token of refresh.values()) token.retired = true;
  };
  const revoke = () => {
    access = new Map();
    revokeRefreshTokens();
  };
  if (initial !== undefined) remember(initial, Infinity);

  return {
    access: () => current,
    set(accessToken) {
      revoke();
      remember(accessToken, Infinity);
    },
    look: (accessToken) => access.get(accessToken),
    issue(lifetimeS = HOUR_S) {
      revoke();
      return pair(newRefresh({ lifetimeS, secret: undefined }), lifetimeS);
    },
    grant({ expiring, secret }) {
      if (expiring) {
        revokeRefreshTokens();
        for (const token of access.values()) token.retired = true;
        return pair(newRefresh({ lifetimeS: HOUR_S, secret }), HOUR_S, secret);
      }
      // "Getting offline tokens for the same shop and installation returns the same access token each time."
      for (const [accessToken, { untilMs, ...token }] of access)
        if (untilMs === Infinity && token.installation === installation() && !token.retired)
          return { accessToken };
      return { accessToken: newAccess(Infinity, secret) };
    },
    refresh(refreshToken, secret) {
      const token = refresh.get(refreshToken);
      if (!token) return 'unknown';
      if (isRefused(token)) {
        const isKnown = refused.has(refreshToken);
        refused.set(refreshToken, now());
        return isKnown ? 'again' : 'refused';
      }
      if (token.predecessor) token.predecessor.retired = true;
      token.firstUsedMs ??= now();
      token.replacement ??= newRefresh({ lifetimeS: token.lifetimeS, secret, predecessor: token });
      return pair(token.replacement, token.lifetimeS, secret);
    },
    refusedMs: (refreshToken) => refused.get(refreshToken),
    expire() {
      for (const token of access.values()) token.untilMs = now();
    },
    drop: (accessToken) => void access.delete(accessToken),
    revoke,
    revokeRefreshTokens,
    issued: () => [...issued],
  };
}
