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

/** Finds the key that a token or a signature names; what jose's verify functions take. */
export type PublicKeys = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/**
 * By signature of public keys alone: HS256 would take a public key, which anybody has, for its secret.
 * ES512 and the like add nothing to what services of one platform need.
 */
export const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'];

export interface PublicKeysOptions {
  /** One try. */
  load: () => Promise<JSONWebKeySet>;
  /** The variable that names the source, for the log. */
  variable: string;
  log: Pick<Logger, 'warn'>;
  /**
   * A key that is not known while the source is down is `unavailable`, not refused: the key may be new. For records,
   * which come again; a caller waits for nobody.
   */
  waitWhileDown?: boolean;
  /** Milliseconds, only ever rising. */
  now?: () => number;
}

/** So long a key goes on that its issuer has withdrawn, besides what tokens are remembered for. */
const STALE_MS = 300_000;
/** Tokens with made-up key ids must not make us ask the issuer more often than that. */
const COOLDOWN_MS = 10_000;
/** Nobody comes in without keys, so we ask again sooner. */
const RETRY_MS = 1_000;

/**
 * The issuer's keys, fetched when first needed, when they are old, and for a token whose key id is not among them.
 * Not jose's createRemoteJWKSet: that one refuses everybody when its keys are old and the issuer is down; here the
 * last ones go on.
 * @throws CoreError unavailable while there have never been keys; jose's JWKSNoMatchingKey
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
    new CoreError('unavailable', 'the keys of signatures cannot be fetched; try again', { cause: failure });

  return async (header, token) => {
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
}

/**
 * The keys of a source. A server may come up later than we do; a file that is not there is a mistake.
 * @throws Error naming the variable when its file cannot be read
 */
export async function openPublicKeys(
  source: KeySource,
  options: Omit<PublicKeysOptions, 'load'>,
): Promise<PublicKeys> {
  const load = () => loadKeys(source);
  if ('file' in source) {
    await load().catch((cause: unknown) => {
      throw new Error(`${options.variable}: there is no such file, or it is no JWKS`, { cause });
    });
  }
  return createPublicKeys({ ...options, load });
}
