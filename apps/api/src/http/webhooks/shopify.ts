import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { inTransaction, isUnavailable, type MerchantKeyStore, type Pool } from '@core/db';
import { isWebhookTopic, receiveWebhook } from '@core/domain';
import { within, type Logger, type Registry } from '@core/runtime';
import { createByteBudget, showHeldBytes, type ByteBudget } from '../../request/byte-budget.ts';
import { endAnswer } from '../end-answer.ts';
import { WEBHOOK_LIMITS, type WebhookLimits } from '../limits.ts';
import { readBody } from '../read-body.ts';
import { readWebhookBody } from './body.ts';
import { createWebhookDurations, type Received } from './metrics.ts';
import { isSigned } from './signature.ts';

export const SHOPIFY_WEBHOOKS = '/webhooks/shopify';

/**
 * Maximum length of the identifying headers; a table has the id in a unique key. Shopify's are far shorter.
 */
const LONGEST_NAME = 255;

const HEADERS = {
  signature: 'X-Shopify-Hmac-Sha256',
  topic: 'X-Shopify-Topic',
  shop: 'X-Shopify-Shop-Domain',
  shopId: 'X-Shopify-Shop-Id',
  eventId: 'X-Shopify-Event-Id',
} as const;

export interface ShopifyWebhooksOptions {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Client secrets of the app, several while it is rotated; none: everything is answered 503. */
  secrets: readonly string[];
  /** Byte budget shared by all request bodies; webhooks use a part of it. */
  budget: ByteBudget;
  metrics: Registry;
  log: Logger;
  /** Where they differ from WEBHOOK_LIMITS. */
  limits?: Partial<WebhookLimits> | undefined;
}

interface Reply {
  status: number;
  received: Received;
  message?: string;
}

/**
 * Takes Shopify's webhooks: checks the signature over the raw body, and that the body bears out the headers, which are
 * not signed; writes the webhook down, answers. The worker applies it. Not applied here, because
 * Shopify counts a slow answer as none.
 *
 * A shop that nobody has connected is answered 200, and so is a topic that we do not use: Shopify repeats what fails
 * for hours, and in the end removes the subscription.
 */
export function createShopifyWebhooks(options: ShopifyWebhooksOptions): RequestListener {
  const { log } = options;
  const limits = { ...WEBHOOK_LIMITS, ...options.limits };
  const budget = createByteBudget(limits.mostBytes, options.budget);
  showHeldBytes(
    options.metrics,
    'core_webhook_bytes',
    'Bytes of webhooks held, by process: read and not yet written down',
    budget,
  );
  const observe = createWebhookDurations(options.metrics);
  if (options.secrets.length === 0) log.warn('webhooks are answered 503 until SHOPIFY_CLIENT_SECRET is set');

  return (req, res) => {
    const begun = performance.now();
    within(limits.answerWithinMs, answer(options, limits, budget, req, res))
      .then((reply) => reply ?? late(req, limits.answerWithinMs, log))
      .catch((err: unknown): Reply => {
        if (isUnavailable(err)) return unavailable('the database cannot take it just now', log, err);
        log.error({ err }, 'a webhook was not received');
        return { status: 500, received: 'error' };
      })
      .then(({ status, received, message = '' }) => {
        observe(header(req, 'topic'), (performance.now() - begun) / 1_000, received);
        if (status === 405) res.setHeader('allow', 'POST');
        if (status === 503) res.setHeader('retry-after', '1');
        endAnswer(req, res, status, { 'content-type': 'text/plain; charset=utf-8' }, message);
      })
      .catch(() => res.destroy());
  };
}

async function answer(
  options: ShopifyWebhooksOptions,
  { largestBody }: WebhookLimits,
  budget: ByteBudget,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Reply> {
  const { secrets } = options;
  if (req.method !== 'POST') return refused(405, 'POST only');
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    return refused(415, 'content-type: must be application/json');
  }
  if (secrets.length === 0) return { status: 503, received: 'unavailable' };
  for (const name of Object.values(HEADERS)) {
    if ((req.headersDistinct[name.toLowerCase()]?.length ?? 0) > 1)
      return refused(400, `${name}: must be given once`);
  }
  const signature = header(req, 'signature');
  // As a wrong one: Shopify's own checks of an app ask for 401 here.
  if (!signature) return forged(`${HEADERS.signature}: is required`);
  for (const name of ['topic', 'shop', 'eventId'] as const) {
    if (!header(req, name)) return refused(400, `${HEADERS[name]}: is required`);
    if (header(req, name).length > LONGEST_NAME) return refused(400, `${HEADERS[name]}: is too long`);
  }
  const eventId = header(req, 'eventId');

  const body = await readBody(req, res, largestBody, budget);
  if (body === 'too_large') return refused(413, `the body must not exceed ${largestBody} bytes`);
  if (body === 'too_many') return refused(400, 'the body comes in too many parts');
  if (body === 'cut_short') return refused(400, 'the body is cut short');
  // Not logged: whoever floods us would fill the log as well. The metric tells.
  if (body === 'no_room') return { status: 503, received: 'no_room', message: 'too many webhooks at once' };
  try {
    return await store(options, req, { signature, eventId, body: body.bytes });
  } finally {
    body.release();
  }
}

/** Ends when the bytes are needed no more, also when the answer has been given long before. */
async function store(
  { pool, keys, secrets }: ShopifyWebhooksOptions,
  req: IncomingMessage,
  { signature, eventId, body }: { signature: string; eventId: string; body: Buffer },
): Promise<Reply> {
  if (!isSigned(body, signature, secrets)) return forged(`${HEADERS.signature}: does not fit the body`);
  const topic = header(req, 'topic');
  if (!isWebhookTopic(topic)) return { status: 200, received: 'ignored' };
  const shop = header(req, 'shop');
  const told = readWebhookBody(topic, shop, body);
  if (told === 'other_shop') return forged(`${HEADERS.shop}: is not the shop_domain of the body`);
  if (told === 'malformed') return refused(422, `the body is not one of ${topic}`);
  // The shop number is optional in a webhook; when present it must be the number stored for that domain.
  const shopId = header(req, 'shopId') || undefined;
  if (shopId !== undefined && told.shopId !== undefined && shopId !== told.shopId) {
    return forged(`${HEADERS.shopId}: is not the shop_id of the body`);
  }
  const input = { shop, topic, eventId, shopId: told.shopId ?? shopId, body };
  // The signature says who it is.
  const ctx = { caller: 'shopify', requestId: eventId, keys };
  const received = await inTransaction(pool, (tx) => receiveWebhook(tx, ctx, input));
  if (received === 'other_shop') return forged('the shop is not the one that was connected by this name');
  if (received === 'unproven') {
    return { status: 503, received, message: 'the connection of the shop is not proven yet' };
  }
  return { status: 200, received };
}

const header = (req: IncomingMessage, name: keyof typeof HEADERS): string => {
  const value = req.headers[HEADERS[name].toLowerCase()];
  return typeof value === 'string' ? value.trim() : '';
};

const refused = (status: number, message: string): Reply => ({ status, received: 'refused', message });

const forged = (message: string): Reply => ({ status: 401, received: 'forged', message });

/** If it is stored after all, the second delivery is a duplicate. */
const late = (req: IncomingMessage, ms: number, log: Logger): Reply =>
  req.complete
    ? unavailable(`it was not stored within ${ms} ms`, log)
    : { status: 503, received: 'unavailable', message: `the body has not come within ${ms} ms` };

const unavailable = (message: string, log: Logger, err?: unknown): Reply => {
  log.warn({ err }, `a webhook was answered 503: ${message}`);
  return { status: 503, received: 'unavailable', message };
};
