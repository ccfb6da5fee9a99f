import type { IncomingMessage } from 'node:http';

/**
 * The headers that identify a webhook, in both of Shopify's namings: its webhooks have the names with X-, its events
 * have those without X- and, for the time being, both.
 * Source: Shopify/shopify-app-js, packages/apps/shopify-api/lib/webhooks/header-names.ts.
 */
const NAMES = {
  signature: 'X-Shopify-Hmac-Sha256',
  topic: 'X-Shopify-Topic',
  shop: 'X-Shopify-Shop-Domain',
  shopId: 'X-Shopify-Shop-Id',
  eventId: 'X-Shopify-Event-Id',
  webhookId: 'X-Shopify-Webhook-Id',
} as const;

export type WebhookHeader = keyof typeof NAMES;

/** The name for messages: the older one, which Shopify's documentation has. */
export const nameOf = (header: WebhookHeader): string => NAMES[header];

/**
 * The values of a header, those of the name with X- first; without empty ones and repetitions. Not `req.headers`, which
 * joins a header that comes twice into one value that is neither.
 */
export function valuesOf({ headersDistinct }: IncomingMessage, header: WebhookHeader): string[] {
  const both = namesOf(header).flatMap((name) => headersDistinct[name] ?? []);
  return [...new Set(both.map((value) => value.trim()).filter(Boolean))];
}

/** Whether a header comes twice, by one of its names, with two values. Its two names may say two things. */
export const isAmbiguous = ({ headersDistinct }: IncomingMessage, header: WebhookHeader): boolean =>
  namesOf(header).some((name) => new Set(headersDistinct[name]).size > 1);

function namesOf(header: WebhookHeader): string[] {
  const older = NAMES[header].toLowerCase();
  return [older, older.slice('x-'.length)];
}
