import type { CommandContext } from '@core/domain';
import { createSignatureCheck, type TopicHandler, type VerifyRecord } from '@core/events';
import { openPublicKeys, type Env, type Logger } from '@core/runtime';
import { SIGNED_TOPICS, type workerEnv } from './config.ts';

type SignatureEnv = Pick<Env<typeof workerEnv>, 'CORE_EVENTS_JWKS' | 'CORE_EVENTS_SIGNATURES'>;

/**
 * The signature checks of records by topic; undefined where signatures are not required: workerEnv refuses an
 * environment that requires them without keys.
 */
export function openSignatures(env: SignatureEnv, log: Logger): VerifyRecord | undefined {
  const { CORE_EVENTS_JWKS: source, CORE_EVENTS_SIGNATURES: mode } = env;
  if (!source || mode === 'off') {
    log.warn(
      `records of ${SIGNED_TOPICS.join(', ')} are not checked for a signature: any client that can write there can erase; ` +
        'set CORE_EVENTS_JWKS',
    );
    return undefined;
  }
  return createSignatureCheck(
    openPublicKeys(source, { variable: 'CORE_EVENTS_JWKS', log, waitWhileDown: true }),
  );
}

/** Adds a signature check to the handlers of the topics that require one. */
export const withSignatures = <C = CommandContext>(
  topics: Readonly<Record<string, TopicHandler<C>>>,
  verify: VerifyRecord | undefined,
): Record<string, TopicHandler<C>> =>
  Object.fromEntries(
    Object.entries(topics).map(([topic, handler]) => [
      topic,
      verify && SIGNED_TOPICS.includes(topic) ? { ...handler, verify } : handler,
    ]),
  );
