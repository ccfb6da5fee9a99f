import {
  GdprRequestCreatedSchema,
  keptFields,
  RfmUpdatedSchema,
  Topic,
  TRACEPARENT,
  traceparentOf,
} from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import type { CommandContext } from '@core/domain';
import type { EventContext, TopicHandler } from '@core/events';
import { gdprRequestCreated } from './handlers/gdpr-request-created.ts';
import { rfmUpdated } from './handlers/rfm-updated.ts';

/**
 * Every topic that the worker consumes: its decoder, its handler, and the fields that its dead letters keep.
 */
export const TOPICS = {
  [Topic.rfmUpdated]: { ...rfmUpdated, keeps: keptFields(RfmUpdatedSchema) },
  [Topic.gdprRequestCreated]: { ...gdprRequestCreated, keeps: keptFields(GdprRequestCreatedSchema) },
} as Record<string, TopicHandler<CommandContext>>;

/** Returns the command context of a handler: the id of the event is the request id. */
export const contextBy =
  (keys: MerchantKeyStore) =>
  ({ eventId, headers, signal }: EventContext): CommandContext => ({
    caller: 'worker',
    requestId: eventId,
    traceparent: traceparentOf(headers[TRACEPARENT]),
    signal,
    keys,
  });
