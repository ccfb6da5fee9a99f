import type { PrivacyRequestKind } from '../privacy/index.ts';
import type { WebhookTopic } from './topics.ts';

/**
 * The requests of a person, by topic. That of a shop is carried out by itself once it is written down, so its webhook
 * comes first.
 */
export const REQUEST_KINDS: Partial<Record<WebhookTopic, PrivacyRequestKind>> = {
  'customers/redact': 'redact',
  'customers/data_request': 'data_request',
};
