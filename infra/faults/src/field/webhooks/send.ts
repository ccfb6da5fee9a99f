import { request } from 'node:http';
import { pause } from '@core/runtime';

/** A webhook as it is sent. */
export interface SentWebhook {
  /** Appended to the path of the endpoint. */
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

export interface WebhookReply {
  status: number;
  text: string;
}

/**
 * Shopify resends a webhook that is answered 503. No temporary cause lasts for this many tries (about 40 s).
 */
const MAX_TRIES = 200;

/** Sends a webhook until it is accepted or refused. It does not use fetch, which joins a repeated header. */
export async function sendWebhook(
  httpUrl: string,
  webhook: SentWebhook,
  signal: AbortSignal,
): Promise<WebhookReply> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    const reply = await sendOnce(httpUrl, webhook);
    if (reply.status !== 503 || tries === MAX_TRIES) return reply;
    await pause(200, signal);
  }
}

const sendOnce = (httpUrl: string, { path, headers, body }: SentWebhook): Promise<WebhookReply> =>
  new Promise((resolve, reject) => {
    const flat = headers.flat();
    const sending = request(`${httpUrl}/webhooks/shopify${path}`, {
      method: 'POST',
      headers: [...flat, 'Host', new URL(httpUrl).host, 'Content-Length', String(body.length)],
    });
    sending.on('error', reject);
    sending.on('response', (reply) => {
      let text = '';
      reply.on('data', (chunk) => (text += String(chunk)));
      reply.on('error', reject);
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
    });
    sending.end(body);
  });
