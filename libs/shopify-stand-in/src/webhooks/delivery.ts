import { createHmac, randomUUID } from 'node:crypto';
import type { Payload, Topic } from './payloads.ts';

/** One webhook. Its ids stay the same through all attempts. */
export interface Delivery {
  readonly topic: Topic;
  readonly webhookId: string;
  /** The same for all topics of one merchant action. */
  readonly eventId: string;
  readonly triggeredAt: string;
  readonly url: string;
  /** Multiplies the hours between attempts. */
  readonly retryScale: number;
  readonly body: string;
  readonly gaveUp: (() => void) | undefined;
  /** Signed with a wrong secret: a receiver must answer 401. */
  readonly forged: boolean;
  /** HTTP statuses in order; 0 means no reply within the timeout. */
  readonly statuses: number[];
  state: 'waiting' | 'delivered' | 'given up';
}

interface NewDelivery {
  topic: Topic;
  payload: Payload;
  url: string;
  retryScale: number;
  gaveUp: (() => void) | undefined;
  eventId: string;
  triggeredMs: number;
  forged: boolean;
}

export const newDelivery = ({ payload, triggeredMs, ...rest }: NewDelivery): Delivery => ({
  ...rest,
  webhookId: randomUUID(),
  triggeredAt: new Date(triggeredMs).toISOString().replace('Z', '000000Z'), // nanoseconds, as in the samples
  body: rawBody(payload),
  statuses: [],
  state: 'waiting',
});

/**
 * Escapes angle brackets and ampersands like Rails: the bytes differ after a client parses and serializes the
 * body.
 */
function rawBody(payload: Payload): string {
  const code = (sign: string) => `\\u00${sign.charCodeAt(0).toString(16)}`;
  return JSON.stringify(payload).replace(/[<>&]/g, code);
}

/**
 * Source: shopify.dev/docs/apps/build/webhooks ("Headers"), .../webhooks/subscribe/https ("Validate the
 * origin").
 */
export function headersOf(delivery: Delivery, shop: string, secret: string): Record<string, string> {
  const key = delivery.forged ? `${secret}-forged` : secret;
  return {
    'Content-Type': 'application/json',
    'X-Shopify-Topic': delivery.topic,
    'X-Shopify-Hmac-Sha256': createHmac('sha256', key).update(delivery.body).digest('base64'),
    'X-Shopify-Shop-Domain': shop,
    'X-Shopify-API-Version': '2026-10',
    'X-Shopify-Webhook-Id': delivery.webhookId,
    'X-Shopify-Triggered-At': delivery.triggeredAt,
    'X-Shopify-Event-Id': delivery.eventId,
  };
}
