import { Topic } from '@core/contracts';
import type { CommandContext } from '@core/domain';
import { createSignatureCheck, type TopicHandler, type VerifyRecord } from '@core/events';
import { openPublicKeys, type Env, type Logger } from '@core/runtime';
import type { workerEnv } from './config.ts';

type SignatureEnv = Pick<Env<typeof workerEnv>, 'CORE_EVENTS_JWKS' | 'CORE_EVENTS_SIGNATURES' | 'NODE_ENV'>;

/** Topics on which one record destroys data irrecoverably. The next score corrects a forged score. */
const SIGNED_TOPICS: readonly string[] = [Topic.gdprRequestCreated];

/**
 * The signature checks of records by topic; undefined where signatures are not required.
 * @throws Error naming the variables to set
 */
export async function openSignatures(env: SignatureEnv, log: Logger): Promise<VerifyRecord | undefined> {
  const { CORE_EVENTS_JWKS: source, CORE_EVENTS_SIGNATURES: mode, NODE_ENV } = env;
  const required = mode === 'required' || (mode === 'auto' && (NODE_ENV === 'production' || source));
  if (!required) {
    log.warn(
      `records of ${SIGNED_TOPICS.join(', ')} are not checked for a signature: any client that can write there can erase; ` +
        'set CORE_EVENTS_JWKS',
    );
    return undefined;
  }
  if (!source) {
    throw new Error(
      `records of ${SIGNED_TOPICS.join(', ')} must be signed: set CORE_EVENTS_JWKS to the signers' public keys, ` +
        'or switch signatures off with CORE_EVENTS_SIGNATURES=off',
    );
  }
  return createSignatureCheck(
    await openPublicKeys(source, { variable: 'CORE_EVENTS_JWKS', log, waitWhileDown: true }),
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
