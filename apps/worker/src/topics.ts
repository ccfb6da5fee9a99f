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

/** Every topic the worker consumes: how its records are read, who handles them, and what is kept of those that fail. */
export const TOPICS = {
  [Topic.rfmUpdated]: { ...rfmUpdated, keeps: keptFields(RfmUpdatedSchema) },
  [Topic.gdprRequestCreated]: { ...gdprRequestCreated, keeps: keptFields(GdprRequestCreatedSchema) },
} as Record<string, TopicHandler<CommandContext>>;

/** The command context of their handlers: the event is the request that they act for. */
export const contextBy =
  (keys: MerchantKeyStore) =>
  ({ eventId, headers, signal }: EventContext): CommandContext => ({
    caller: 'worker',
    requestId: eventId,
    traceparent: traceparentOf(headers[TRACEPARENT]),
    signal,
    keys,
  });
