import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pause } from '@core/runtime';
import { eventually } from '../eventually.ts';

/** A webhook that Shopify has triggered. */
export interface Letter {
  topic: string;
  headers: Record<string, string>;
  body: string;
}

/** Keeps the webhooks of all shops, so that each one is delivered when its life says so. */
export interface Mail {
  /** The address to which Shopify sends all webhooks. */
  url: string;
  /** Waits for the n-th webhook of a topic, counted from 1. */
  letter(shop: string, topic: string, n: number): Promise<Letter>;
  /**
   * Delivers a webhook as Shopify does: it is repeated until the service answers 2xx within five seconds.
   * @returns the time of that answer, by this machine's clock
   * @throws Error for another answer, unless it asks for a repetition
   */
  deliver(letter: Letter): Promise<number>;
  close(): Promise<void>;
}

const ANSWER_WITHIN_MS = 5_000;
const REPEAT_EVERY_MS = 250;
/** Five minutes and more: no temporary cause lasts that long. */
const MAX_TRIES = 1_200;

/**
 * Receives Shopify's webhooks in place of the service, and answers 200 at once.
 * @param to the address of the service
 * @param immediately the topics that are passed on at once
 */
export async function openMail(
  to: string,
  { immediately, signal }: { immediately: readonly string[]; signal: AbortSignal },
): Promise<Mail> {
  const kept = new Map<string, Letter[]>();
  const underWay = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const headers = shopifyHeaders(request.headers);
      const letter = { topic: headers['x-shopify-topic'] ?? '', headers, body };
      const key = keyOf(headers['x-shopify-shop-domain'] ?? '', letter.topic);
      kept.set(key, [...(kept.get(key) ?? []), letter]);
      response.end();
      if (!immediately.includes(letter.topic)) return;
      const sent = deliver(letter)
        .catch(() => undefined) // an importer also asks for the result
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const deliver: Mail['deliver'] = async ({ topic, headers, body }) => {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
      const answer = await fetch(to, { method: 'POST', headers, body, signal: limit })
        .then(async (reply) => ({ status: reply.status, text: await reply.text() }))
        .catch((error: unknown) => ({ status: 503, text: String(error) }));
      if (answer.status >= 200 && answer.status < 300) return Date.now();
      if (answer.status !== 503 || tries === MAX_TRIES)
        throw new Error(`${topic} was answered ${answer.status} ${answer.text}`);
      await pause(REPEAT_EVERY_MS, signal);
    }
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async letter(shop, topic, n) {
      const find = () => kept.get(keyOf(shop, topic))?.[n - 1];
      await eventually(`the ${topic} ${n} of ${shop}`, () => find() !== undefined);
      return find() as Letter;
    },
    deliver,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all(underWay);
    },
  };
}

const keyOf = (shop: string, topic: string): string => `${shop} ${topic}`;

const shopifyHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      (name.startsWith('x-shopify-') || name === 'content-type') && typeof value === 'string'
        ? [[name, value]]
        : [],
    ),
  );
