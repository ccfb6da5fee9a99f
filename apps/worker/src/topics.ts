import { Topic } from '@core/contracts';
import type { CommandContext } from '@core/domain';
import type { TopicHandler } from '@core/events';
import { gdprRequestCreated } from './handlers/gdpr-request-created.ts';
import { rfmUpdated } from './handlers/rfm-updated.ts';

/** Every topic the worker consumes: how its records are read and who handles them. */
export const TOPICS = {
  [Topic.rfmUpdated]: rfmUpdated,
  [Topic.gdprRequestCreated]: gdprRequestCreated,
} as Record<string, TopicHandler<CommandContext>>;
