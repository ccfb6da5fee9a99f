import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { CoreError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { loadKeys, type KeySource } from './key-source.ts';

/** Finds the key that a token or a signature names; the argument of jose's verify functions. */
export interface PublicKeys {
  (header?: JWSHeaderParameters, token?: FlattenedJWSInput): Promise<CryptoKey>;
  /**
   * Loads the keys from the source again, unless it was queried just now. @returns whether the keys were
   * loaded
   */
  renew?(): Promise<boolean>;
}

/**
 * Signature algorithms with public keys only: HS256 would use a public key, which is not secret, as its
 * secret. ES512 and similar algorithms add nothing that services of one platform need.
 */
export const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'];

export interface PublicKeysOptions {
  /** Loads the keys in one attempt. */
  load: () => Promise<JSONWebKeySet>;
  /** The variable that names the source, for the log. */
  variable: string;
  log: Pick<Logger, 'warn'>;
  /**
   * Whether an unknown key is reported as `unavailable` instead of refused while the source is down, because
   * the key may be new. For records, which are retried; the request of a caller does not wait.
   */
  waitWhileDown?: boolean;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** How long a withdrawn key remains valid, in addition to the time for which verified tokens are cached. */
const STALE_MS = 300_000;
/** The shortest interval between requests to the issuer. Tokens with invented key ids cannot shorten it. */
const COOLDOWN_MS = 10_000;
/** The interval while there are no keys. It is shorter, because no caller can authenticate without them. */
const RETRY_MS = 1_000;

/**
 * Returns the issuer's keys. They are fetched when first needed, when they are old, and for a token with an
 * unknown key id. Rejected: jose's createRemoteJWKSet, which refuses all tokens when its keys are old and the
 * issuer is down; here the last known keys stay in use.
 * @throws from the returned function: CoreError unavailable until keys were fetched once; jose's
 *   JWKSNoMatchingKey
 */
export function createPublicKeys(options: PublicKeysOptions): PublicKeys {
  const { load, variable, log, waitWhileDown = false, now = () => performance.now() } = options;
  let find: ReturnType<typeof createLocalJWKSet> | undefined;
  let loadedAt = -Infinity;
  let triedAt = -Infinity;
  let failure: unknown;
  let loading: Promise<void> | undefined;

  const tryLoad = async (): Promise<void> => {
    triedAt = now();
    try {
      find = createLocalJWKSet(await load());
      loadedAt = now();
      failure = undefined;
    } catch (error) {
      failure = error;
      log.warn({ err: error }, `${variable} cannot be read`);
    } finally {
      loading = undefined;
    }
  };
  const refresh = (): Promise<void> => (loading ??= tryLoad());
  const mayAsk = () => loading !== undefined || now() >= triedAt + (find ? COOLDOWN_MS : RETRY_MS);

  const unavailable = () =>
    new CoreError('unavailable', 'the signature keys cannot be fetched; try again', { cause: failure });

  const keys: PublicKeys = async (header, token) => {
    if (now() >= loadedAt + STALE_MS && mayAsk()) await refresh();
    if (!find) throw unavailable();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (mayAsk()) await refresh();
      return await find(header, token).catch((again: unknown) => {
        throw waitWhileDown && failure !== undefined ? unavailable() : again;
      });
    }
  };
  keys.renew = async () => {
    const before = loadedAt;
    if (mayAsk()) await refresh();
    if (waitWhileDown && failure !== undefined) throw unavailable();
    return loadedAt > before;
  };
  return keys;
}

/** Returns the keys of a source. */
export const openPublicKeys = (source: KeySource, options: Omit<PublicKeysOptions, 'load'>): PublicKeys =>
  createPublicKeys({ ...options, load: () => loadKeys(source) });
