import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MerchantKeyStore } from '@core/crypto';
import { inTransaction, isUnavailable, poolReader, type Pool } from '@core/db';
import { findShopOfWebhook, receiveUnconnected, receiveWebhook } from '@core/domain';
import { within, type Logger, type Registry } from '@core/runtime';
import { createByteBudget, registerHeldBytes, type ByteBudget } from '../../request/byte-budget.ts';
import { mediaType } from '../../request/media-type.ts';
import { sendResponse } from '../send-response.ts';
import { WEBHOOK_LIMITS, type WebhookLimits } from '../limits.ts';
import { readBody } from '../read-body.ts';
import type { Route } from '../server.ts';
import { nameOf, valuesOf } from './headers.ts';
import { identify, topicOf, type IdentifiedWebhook } from './identify.ts';
import { createWebhookDurations, type WebhookOutcome } from './metrics.ts';
import { isSigned } from './signature.ts';

export interface ShopifyWebhooksOptions {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Client secrets of the app, several while it is rotated; empty: every webhook is answered 503. */
  secrets: readonly string[];
  /** Byte budget shared by all request bodies; webhooks use a part of it. */
  budget: ByteBudget;
  metrics: Registry;
  log: Logger;
  /** Overrides of WEBHOOK_LIMITS. */
  limits?: Partial<WebhookLimits> | undefined;
}

interface Reply {
  status: number;
  outcome: WebhookOutcome;
  message?: string;
}

/**
 * Headers checked once the signature is valid: the head alone must not decide the answer to an unsigned
 * webhook.
 */
const SINGLE_HEADERS = ['content-type', 'authorization'];

/**
 * Receives Shopify's webhooks. It checks the signature over the raw body before anything else, because
 * Shopify's own checks of an app expect 401 whatever else is missing. It then identifies the webhook from the
 * headers, which are not signed, and the body, which must confirm them; stores it; and answers. The worker
 * applies it. Rejected: applying it here, because Shopify treats a slow answer as a failure.
 *
 * A shop that no merchant has connected is answered 200, and so is a topic that is not used: Shopify repeats
 * failed webhooks for hours and in the end removes the subscription.
 *
 * `admit` (rpc-context/admit.ts) is not used, because it requires a caller, and a webhook has none. The
 * signature replaces caller and scope; the connection of the shop replaces Auth's check of the merchant. A
 * webhook counts against no quota: Shopify repeats a refused one for hours, and the merchant cannot slow it
 * down. Bytes and body are limited by the functions that all entry points use (ByteBudget, readBody), its
 * time by answerWithinMs.
 */
export function createShopifyWebhooks(options: ShopifyWebhooksOptions): Route {
  const { log } = options;
  const limits = { ...WEBHOOK_LIMITS, ...options.limits };
  const budget = createByteBudget(limits.maxBytes, options.budget);
  registerHeldBytes(
    options.metrics,
    'core_webhook_bytes',
    'Bytes of webhooks held, by process: read and not yet stored',
    budget,
  );
  const observe = createWebhookDurations(options.metrics);
  if (options.secrets.length === 0) log.warn('webhooks are answered 503 until SHOPIFY_CLIENT_SECRET is set');

  const route: Route = (req, res) => {
    const begun = performance.now();
    within(limits.answerWithinMs, answer(options, limits, budget, req, res))
      .then((reply) => reply ?? timedOut(req, limits.answerWithinMs, log))
      .catch((err: unknown): Reply => {
        if (isUnavailable(err)) return unavailable('the database is temporarily unavailable', log, err);
        log.error({ err }, 'could not process a webhook');
        return { status: 500, outcome: 'error' };
      })
      .then(({ status, outcome, message = '' }) => {
        observe(topicOf(req), (performance.now() - begun) / 1_000, outcome);
        if (status === 405) res.setHeader('allow', 'POST');
        if (status === 503) res.setHeader('retry-after', '1');
        sendResponse(req, res, status, { 'content-type': 'text/plain; charset=utf-8' }, message);
      })
      .catch(() => res.destroy());
  };
  return Object.assign(route, { checkedHeaders: SINGLE_HEADERS });
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
  if (secrets.length === 0) return { status: 503, outcome: 'unavailable' };
  // Checked before the body is read: a client without a signature costs nothing.
  if (valuesOf(req, 'signature').length === 0) return forged(`${nameOf('signature')}: is required`);

  const body = await readBody(req, res, largestBody, budget);
  if (body === 'too_large') return refused(413, `the body must not exceed ${largestBody} bytes`);
  if (body === 'too_many') return refused(400, 'the body has too many parts');
  if (body === 'cut_short') return refused(400, 'the body is incomplete');
  // Not logged: a client that floods the port would also flood the log. The metric counts it.
  if (body === 'no_room') return { status: 503, outcome: 'no_room', message: 'too many webhooks at once' };
  try {
    return await store(options, req, body.bytes);
  } finally {
    body.release();
  }
}

/** Resolves once the bytes are no longer needed, which may be long after the answer. */
async function store(
  { pool, keys, secrets, log }: ShopifyWebhooksOptions,
  req: IncomingMessage,
  body: Buffer,
): Promise<Reply> {
  const signature = valuesOf(req, 'signature').find((each) => isSigned(body, each, secrets));
  if (signature === undefined) return forged(`${nameOf('signature')}: does not match the body`);
  const twice = SINGLE_HEADERS.find((name) => new Set(req.headersDistinct[name]).size > 1);
  if (twice !== undefined) return refused(400, `${twice}: must be given once`);
  if (!isJson(req)) return refused(415, 'content-type: must be application/json');
  const webhook = identify(req, body, signature);
  if (webhook === 'ignored') return { status: 200, outcome: 'ignored' };
  if ('status' in webhook) {
    const { status, message } = webhook;
    return status === 401 ? forged(message) : refused(status, message);
  }
  // The signature authenticates the caller.
  const ctx = { caller: 'shopify', requestId: webhook.eventId, keys };
  const { shop, shopId, shopIdFinds, ...event } = webhook;
  const connection = await findShopOfWebhook(poolReader(pool), { shop, shopId, shopIdFinds });
  const outcome =
    typeof connection === 'string'
      ? await withoutOwner(pool, webhook, connection)
      : await inTransaction(pool, (tx) => receiveWebhook(tx, ctx, { ...event, ...connection, body }), {
          merchantId: connection.merchantId,
        });
  // Shopify sends it again, and its shop is then looked up again.
  if (outcome === 'lost_shop')
    return unavailable('the shop was moved or disconnected during the request', log);
  if (outcome === 'other_shop') return forged('the shop is not the one that is connected under this name');
  if (outcome === 'unproven') {
    return { status: 503, outcome, message: 'the connection of the shop is not proven yet' };
  }
  return { status: 200, outcome };
}

/**
 * Records what the webhook of a shop that no merchant has connected says about the app's installation. Any
 * other webhook without an owner is not stored.
 */
async function withoutOwner<Why extends string>(
  pool: Pool,
  { topic, triggeredAt: at = new Date(), shop, shopId, shopIdFinds }: IdentifiedWebhook,
  why: Why,
): Promise<Why | 'lost_shop'> {
  const isOfApp = topic === 'app/uninstalled' || topic === 'shop/redact';
  if (why !== 'unknown_shop' || !isOfApp || shopId === undefined) return why;
  const webhook = { topic, at, shop, shopId, shopIdFinds };
  const received = await inTransaction(pool, (tx) => receiveUnconnected(tx, webhook));
  return received === 'recorded' ? why : 'lost_shop';
}

/**
 * Returns whether the body may be JSON. A missing content type is accepted: the signature proves that Shopify
 * sent the request.
 */
const isJson = ({ headers }: IncomingMessage): boolean =>
  ['application/json', ''].includes(mediaType(headers['content-type']));

const refused = (status: number, message: string): Reply => ({ status, outcome: 'refused', message });

const forged = (message: string): Reply => ({ status: 401, outcome: 'forged', message });

/**
 * Answers a request that exceeded its time. If it is stored after all, the second delivery is a duplicate.
 */
const timedOut = (req: IncomingMessage, ms: number, log: Logger): Reply =>
  req.complete
    ? unavailable(`the webhook was not stored within ${ms} ms`, log)
    : { status: 503, outcome: 'unavailable', message: `the body did not arrive within ${ms} ms` };

const unavailable = (message: string, log: Logger, err?: unknown): Reply => {
  log.warn({ err }, `a webhook was answered 503: ${message}`);
  return { status: 503, outcome: 'unavailable', message };
};
