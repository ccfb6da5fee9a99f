import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Rules } from '../rules.ts';
import { headersOf, newDelivery } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { Payload, Topic } from './payloads.ts';
import type { Route } from './route.ts';

export interface WebhookTarget {
  url: string;
  /** Multiplies the hours between attempts, so that a test need not wait for hours. */
  retryScale?: number;
  /** Called when a webhook is given up. */
  gaveUp?: () => void;
}

export interface Sender {
  /**
   * Receives every topic, in addition to the subscribers. Null: none. Webhooks in progress keep the address
   * for which they were triggered, like Shopify's.
   */
  target: WebhookTarget | null;
  /** While true, nothing is sent and triggered webhooks wait. */
  held: boolean;
  send(topic: Topic, payload: Payload, options?: { eventId?: string; forged?: boolean }): void;
  /** Sends the held webhooks, newest first if `reversed`: Shopify promises no order. */
  release(reversed?: boolean): void;
  /** Sends delivered webhooks again: "your app might receive the same webhook more than once". */
  repeat(): void;
  deliveries(): Delivery[];
  close(): Promise<void>;
}

interface SenderOptions {
  shop: string;
  /** Returns the secret that signs. */
  secret: () => string;
  now: () => number;
  route: Route;
  rules: Rules;
}

const TIMEOUT_MS = 5_000;
const RETRIES = 8;
/** Doubled at each retry: eight retries take four hours. */
const FIRST_RETRY_MS = (4 * 3_600_000) / (2 ** RETRIES - 1);
const KEPT = 10_000;

/**
 * Sends webhooks. Any reply but a 2xx within 5 s is retried 8 times over 4 hours with growing delays.
 * Redirects are not followed. After the last attempt the webhook is given up.
 * Source: shopify.dev/docs/apps/build/webhooks/subscribe/https,
 * shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks and the changelog "Updates to webhook retry
 * mechanism" (2024).
 */
export function createSender({ shop, secret, now, route, rules }: SenderOptions): Sender {
  const stopping = new AbortController();
  const sent: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  let held: Delivery[] = [];

  const attempt = async (delivery: Delivery): Promise<number> => {
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const headers = headersOf(delivery, shop, secret());
      const response = await fetch(delivery.url, {
        method: 'POST',
        headers,
        body: delivery.body,
        redirect: 'manual',
        signal,
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  };
  const deliver = async (delivery: Delivery): Promise<void> => {
    for (let retry = 0; retry <= RETRIES && !stopping.signal.aborted; retry++) {
      if (retry > 0)
        await wait(FIRST_RETRY_MS * 2 ** (retry - 1) * delivery.retryScale, null, stopping).catch(() => null);
      if (stopping.signal.aborted) return;
      const status = await attempt(delivery);
      delivery.statuses.push(status);
      judge(delivery, status);
      if (status >= 200 && status < 300) {
        delivery.state = 'delivered';
        return;
      }
      if (delivery.forged) break; // an attacker's forged webhook is not retried by Shopify
    }
    delivery.state = 'given up';
    if (!delivery.forged) delivery.gaveUp?.();
  };
  /**
   * "If the HMAC digests don't match, respond with 401": the privacy requirements demand exactly this status.
   */
  const judge = ({ forged, topic }: Delivery, status: number) => {
    const accepted = status >= 200 && status < 300;
    rules.broken('webhook-hmac', forged && accepted, `a forged ${topic} was accepted`);
    rules.broken('webhook-hmac', !forged && status === 401, `a genuine ${topic} was refused as forged`);
  };
  const go = (delivery: Delivery) => {
    const run = deliver(delivery).finally(() => underWay.delete(run));
    underWay.add(run);
  };

  const sender: Sender = {
    target: null,
    held: false,
    send(topic, payload, { eventId = randomUUID(), forged = false } = {}) {
      if (!forged && !route.isSent(topic)) return;
      const targets = [...(sender.target ? [sender.target] : []), ...route.subscribed(topic)];
      for (const { url, retryScale = 1, gaveUp } of targets) {
        const delivery = newDelivery({
          topic,
          payload,
          eventId,
          forged,
          url,
          retryScale,
          gaveUp,
          triggeredMs: now(),
        });
        sent.push(delivery);
        if (sent.length > KEPT) sent.shift();
        if (sender.held) held.push(delivery);
        else go(delivery);
      }
    },
    release(reversed = false) {
      sender.held = false;
      const waiting = reversed ? held.toReversed() : held;
      held = [];
      waiting.forEach(go);
    },
    repeat() {
      for (const delivery of sent.filter(({ state }) => state === 'delivered')) go(delivery);
    },
    deliveries: () => [...sent],
    async close() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
  return sender;
}
