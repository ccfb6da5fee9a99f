import type { PrivacyRequestKind } from '../privacy/index.ts';
import type { WebhookTopic } from './topics.ts';

/**
 * The requests of a person, by topic. A shop's request is not among them: it is carried out automatically
 * once it is recorded, so its webhook must be applied first.
 */
export const REQUEST_KINDS: Partial<Record<WebhookTopic, PrivacyRequestKind>> = {
  'customers/redact': 'redact',
  'customers/data_request': 'data_request',
};
