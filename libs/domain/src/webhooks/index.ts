export { readWebhookFigures, type WebhookFigures } from './read-webhook-figures.ts';
export {
  failWebhook,
  finishWebhook,
  pruneWebhooks,
  type WebhookFailure,
  type WebhookOutcome,
} from './finish-webhook.ts';
export { findShopOfWebhook, type WebhookShop } from './find-shop-of-webhook.ts';
export { receiveUnconnected } from './receive-unconnected.ts';
export { receiveWebhook, type ReceiveWebhook } from './receive-webhook.ts';
export {
  countFailedWebhooks,
  redriveWebhooks,
  type FailedWebhookGroup,
  type FailedWebhooks,
} from './redrive-webhooks.ts';
export { shopifyRequestId } from './shopify-request-id.ts';
export { claimWebhooks, type WaitingWebhook } from './claim-webhooks.ts';
export {
  SUBSCRIBED_TOPICS,
  WEBHOOK_TOPICS,
  WEBHOOKS_CHANNEL,
  webhookTopic,
  type WebhookTopic,
} from './topics.ts';
