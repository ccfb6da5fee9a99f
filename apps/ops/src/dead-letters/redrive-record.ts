import { deadLetterTopic } from '@core/contracts';
import { SIGNATURE_REASONS, type DeadLetterReason, type EventRecord } from '@core/events';
import { positionOf, type DeadLetterView } from './dead-letter.ts';

/** Placeholder for removed personal data, see @core/events. */
const REMOVED = '[removed]';

/**
 * Restores the record of the source topic: its key, headers and body, without the dead-letter headers. The
 * event's id stays, so that a consumer that has applied the event recognizes it.
 * @returns the record, or why it cannot be sent again
 */
export function redriveRecord(letter: DeadLetterView): EventRecord | { refused: string } {
  const { record, sourceTopic, topic } = letter;
  const { dlq_body_bytes: left, dlq_signature: signature } = record.headers;
  if (deadLetterTopic(sourceTopic) !== topic) {
    return {
      refused: 'its header dlq_source_topic does not name the source topic of this dead-letter topic',
    };
  }
  // Refused even if signatures are off or other keys are trusted now: the record's origin was never verified.
  if ((SIGNATURE_REASONS as readonly string[]).includes(letter.reason)) {
    return {
      refused:
        'its signature is missing or invalid; find out who sent it, ' +
        'have its producer sign it and send it again, then drop it',
    };
  }
  if (letter.reason === ('unreadable' satisfies DeadLetterReason)) {
    return { refused: 'it could not be read; have its producer send it again, then drop it' };
  }
  if (left !== undefined) {
    return {
      refused: `its body of ${left} bytes was left out; have its producer send it again, then drop it`,
    };
  }
  if ([record.key, record.value, JSON.stringify(record.headers)].some((part) => part?.includes(REMOVED))) {
    return {
      refused:
        'personal data, or fields that its schema does not know, were removed from it; ' +
        'have its producer send it again, then drop it',
    };
  }
  if (signature !== undefined) {
    return {
      refused:
        'its signature was removed, because its body was rewritten; ' +
        'have its producer send it again, then drop it',
    };
  }
  return {
    topic: sourceTopic,
    key: record.key,
    headers: {
      ...Object.fromEntries(Object.entries(record.headers).filter(([name]) => !name.startsWith('dlq_'))),
      redriven_from: positionOf(letter),
    },
    value: record.value,
  };
}
