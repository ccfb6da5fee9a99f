import type { IncomingMessage } from 'node:http';

/**
 * The headers that identify a webhook, in both of Shopify's naming schemes. Its webhooks use the names with
 * X-. Its events use those without X- and, for the time being, both.
 * Source: Shopify/shopify-app-js, packages/apps/shopify-api/lib/webhooks/header-names.ts.
 */
const NAMES = {
  signature: 'X-Shopify-Hmac-Sha256',
  topic: 'X-Shopify-Topic',
  shop: 'X-Shopify-Shop-Domain',
  shopId: 'X-Shopify-Shop-Id',
  eventId: 'X-Shopify-Event-Id',
  webhookId: 'X-Shopify-Webhook-Id',
  triggeredAt: 'X-Shopify-Triggered-At',
} as const;

export type WebhookHeader = keyof typeof NAMES;

/** Returns the name used in messages: the older one, which Shopify's documentation uses. */
export const nameOf = (header: WebhookHeader): string => NAMES[header];

/**
 * Returns the values of a header, those of the name with X- first, without empty values and duplicates.
 * Rejected: `req.headers`, which joins a repeated header into one value that equals neither.
 */
export function valuesOf({ headersDistinct }: IncomingMessage, header: WebhookHeader): string[] {
  const both = namesOf(header).flatMap((name) => headersDistinct[name] ?? []);
  return [...new Set(both.map((value) => value.trim()).filter(Boolean))];
}

/**
 * Returns whether one name of a header occurs twice with different values. Its two names may have different
 * values.
 */
export const isAmbiguous = ({ headersDistinct }: IncomingMessage, header: WebhookHeader): boolean =>
  namesOf(header).some((name) => new Set(headersDistinct[name]).size > 1);

function namesOf(header: WebhookHeader): string[] {
  const older = NAMES[header].toLowerCase();
  return [older, older.slice('x-'.length)];
}
