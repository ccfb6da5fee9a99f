import type { CommandContext } from '@core/domain';
import { createSignatureCheck, type TopicHandler, type VerifyRecord } from '@core/events';
import { openPublicKeys, type KeySource, type Logger } from '@core/runtime';
import { SIGNED_TOPICS } from './config.ts';

/** @param signers the result of signersOf: signatures can only be disabled explicitly */
export function openSignatures(signers: KeySource | 'off', log: Logger): VerifyRecord | 'off' {
  if (signers === 'off') {
    log.warn(
      `records of ${SIGNED_TOPICS.join(', ')} are not checked for a signature: ` +
        'any client that can write to the topic can erase persons; set CORE_EVENTS_JWKS',
    );
    return 'off';
  }
  return createSignatureCheck(
    openPublicKeys(signers, { variable: 'CORE_EVENTS_JWKS', log, waitWhileDown: true }),
  );
}

/** Adds a signature check to the handlers of the topics that require one. */
export const withSignatures = <C = CommandContext>(
  topics: Readonly<Record<string, TopicHandler<C>>>,
  verify: VerifyRecord | 'off',
): Record<string, TopicHandler<C>> =>
  Object.fromEntries(
    Object.entries(topics).map(([topic, handler]) => [
      topic,
      verify !== 'off' && SIGNED_TOPICS.includes(topic) ? { ...handler, verify } : handler,
    ]),
  );
