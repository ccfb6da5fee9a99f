import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { LONGEST_ID, readMerchantId, textProblem } from '@core/contracts';
import { CoreError, ALGORITHMS, tryKeys, type PublicKeys } from '@core/runtime';
import { SCOPES, type Caller, type Scope } from '../rpc-context/context.ts';

/** Tolerated difference between the clocks of two machines. */
const CLOCK_TOLERANCE_S = 10;
/** Maximum time that a token stays accepted after its key was withdrawn. */
const CACHE_MS = 300_000;
/** About 1 KiB each. */
const MAX_TOKENS = 10_000;
/** Tokens of common issuers have one or two thousand characters. */
const LONGEST_AUTHORIZATION = 8_192;

/**
 * @param authorization a request's header
 * @throws CoreError unauthenticated, never quoting the token; unavailable when no keys are loaded
 */
export type TokenCheck = (authorization: string) => Caller | Promise<Caller>;

export interface TokenCheckOptions {
  issuer: string;
  audience: string;
  keys: PublicKeys;
  /** Milliseconds since the epoch: the clock for the times in tokens. */
  now?: () => number;
  /** Monotonic milliseconds: the clock that expires remembered tokens. */
  monotonic?: () => number;
}

/**
 * Verifies signed tokens and caches the accepted ones, because verifying a signature costs as much as ten
 * reads. The cache key is the header as it is: a hash of each header would cost more than the look-up. An
 * attacker who can read this process's memory can read the next request, too.
 */
export function createTokenCheck(options: TokenCheckOptions): TokenCheck {
  const { issuer, audience, keys, now = Date.now, monotonic = () => performance.now() } = options;
  const cache = new LRUCache<string, { caller: Caller; until: number }>({ max: MAX_TOKENS });
  const pending = new Map<string, Promise<Caller>>();

  const check = async (authorization: string): Promise<Caller> => {
    try {
      const [at, begun] = [now(), monotonic()];
      const token = tokenIn(authorization);
      const { payload, protectedHeader } = await tryKeys(keys, (found) =>
        jwtVerify(token, found, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: CLOCK_TOLERANCE_S,
          currentDate: new Date(at),
        }),
      );
      requireAccessToken(protectedHeader.typ);
      requireIssued(payload.iat, at);
      const caller = callerOf(payload);
      // Uses the monotonic clock, which cannot be set: a step back of the wall clock would keep a token past
      // its expiry.
      const until = begun + Math.min(CACHE_MS, Number(payload.exp) * 1_000 - at);
      cache.set(authorization, { caller, until });
      return caller;
    } catch (error) {
      throw refusalOf(error);
    }
  };
  const checkOnce = (authorization: string): Promise<Caller> => {
    const answer = check(authorization).finally(() => pending.delete(authorization));
    pending.set(authorization, answer);
    return answer;
  };

  return (authorization) => {
    const found = cache.get(authorization);
    if (found && monotonic() < found.until) return found.caller;
    return pending.get(authorization) ?? checkOnce(authorization);
  };
}

const refused = (message: string) => new CoreError('unauthenticated', message);

function tokenIn(authorization: string): string {
  if (authorization.length > LONGEST_AUTHORIZATION) {
    throw refused(`authorization: must have at most ${LONGEST_AUTHORIZATION} characters`);
  }
  const [, token] = /^bearer +([^\s]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw refused('authorization: must be Bearer <token>');
  return token;
}

/**
 * The same issuer may sign other things with the same keys: an id token, a security event, a proof of
 * possession. RFC 9068 sets typ to at+jwt in an access token; many issuers write JWT or leave typ out.
 */
const ACCESS_TOKENS = ['jwt', 'at+jwt'];

function requireAccessToken(typ: unknown): void {
  if (typ === undefined) return;
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  if (!ACCESS_TOKENS.includes(name)) throw refused("the token's typ must be JWT or at+jwt, if it has one");
}

/** jose checks iat only when a maximum token age is configured. */
function requireIssued(iat: unknown, now: number): void {
  if (iat === undefined) return;
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw refused("the token's iat cannot be read");
  if (iat * 1_000 > now + CLOCK_TOLERANCE_S * 1_000) throw refused("the token's iat is in the future");
}

/**
 * Claims that contain a caller's scopes: `scope` of RFC 8693 and 9068, and the names that common issuers use
 * (Azure, Okta, Spring). The scopes of all these claims count.
 */
const SCOPE_CLAIMS = ['scope', 'scp', 'scopes'];

/**
 * Returns the names in a space-separated text, or in a list of such texts.
 * @throws CoreError unauthenticated: a claim that cannot be read must not be ignored
 */
function scopesIn(claim: string, value: unknown): string[] {
  if (value === undefined) return [];
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  return texts.flatMap((text) => {
    if (typeof text !== 'string') throw refused(`the token's ${claim} must be a string or a list of strings`);
    return text.split(' ');
  });
}

/** Ignores unknown scopes: they belong to other services. */
function callerOf(payload: JWTPayload): Caller {
  const { sub, merchant_id: merchant } = payload;
  // Every audit row contains the sub.
  if (typeof sub !== 'string' || sub === '' || textProblem(sub, LONGEST_ID)) {
    throw refused(`the token's sub must have 1 to ${LONGEST_ID} visible characters`);
  }
  const names = SCOPE_CLAIMS.flatMap((claim) => scopesIn(claim, payload[claim]));
  const caller = { caller: sub, scopes: new Set<Scope>(SCOPES.filter((each) => names.includes(each))) };
  if (merchant === undefined) return caller;
  const boundTo = readMerchantId(merchant);
  if (boundTo === null) throw refused("the token's merchant_id must be a UUID");
  return { ...caller, boundTo };
}

const BY_CODE: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'the token has expired',
  ERR_JOSE_ALG_NOT_ALLOWED: `the token's algorithm is not accepted; use one of ${ALGORITHMS.join(', ')}`,
  ERR_JWKS_NO_MATCHING_KEY: 'the token is signed with an unknown key',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "the token's signature is invalid",
};
const BY_CLAIM: Readonly<Record<string, string>> = {
  iss: 'the token is from another issuer',
  aud: 'the token is for another audience',
  nbf: 'the token is not valid yet',
};

/** Drops jose's error instead of setting it as the cause: it carries the token's claims. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  if (error instanceof errors.JWTClaimValidationFailed) {
    const missing = error.reason === 'missing' && `the token has no ${error.claim}`;
    return refused(missing || (BY_CLAIM[error.claim] ?? `the token's ${error.claim} cannot be read`));
  }
  return refused(BY_CODE[error.code] ?? 'the token cannot be read');
}
