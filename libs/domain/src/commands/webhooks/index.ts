export * from './finish-webhook.ts';
export * from './receive-webhook.ts';
export * from './record-privacy-request.ts';
export * from './redrive-webhooks.ts';
export * from './shopify-request-id.ts';
export * from './take-webhooks.ts';
export * from './topics.ts';
export * from './wake-bulk-slices.ts';
export { openWebhookBody } from './webhook-body.ts';
