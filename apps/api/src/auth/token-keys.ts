import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { CoreError, type Logger } from '@core/runtime';

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
 * @param load one try
 * @param now milliseconds, only ever rising
 * @throws CoreError unavailable while there have never been keys; jose's JWKSNoMatchingKey
 */
export function createTokenKeys(
  load: () => Promise<JSONWebKeySet>,
  log: Pick<Logger, 'warn'>,
  now: () => number = () => performance.now(),
): JWTVerifyGetKey {
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
    } catch (error) {
      failure = error;
      log.warn({ err: error }, 'CORE_AUTH_JWKS cannot be read');
    } finally {
      loading = undefined;
    }
  };
  const refresh = (): Promise<void> => (loading ??= tryLoad());
  const mayAsk = () => loading !== undefined || now() >= triedAt + (find ? COOLDOWN_MS : RETRY_MS);

  return async (header, token) => {
    if (now() >= loadedAt + STALE_MS && mayAsk()) await refresh();
    if (!find) {
      throw new CoreError('unavailable', 'the keys of tokens cannot be fetched; try again', {
        cause: failure,
      });
    }
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayAsk()) throw error;
      await refresh();
      return find(header, token);
    }
  };
}
