import { isJsonObject } from '@core/contracts';
import {
  ShopifyTimeout,
  ShopifyUnavailable,
  Unauthorized,
  UnusableAnswer,
  type QueryCost,
} from './errors.ts';
import { refusalOf } from './refusals.ts';
import type { HttpReply } from './replies.ts';
import { parseRetryAfter, DEFAULT_WAIT_MS } from './retry-after.ts';

/**
 * Interprets an HTTP status other than success, for both APIs.
 * @param cost the state of the bucket, if the reply contains it
 * @throws unless the status is 2xx
 */
export function assertAnswered(
  { status, headers, body }: HttpReply,
  now: number,
  cost: QueryCost | null = null,
): void {
  if (status >= 200 && status < 300) return;
  if (status === 401) throw new Unauthorized();
  // Shopify's 504 means that the query took too long. 430 is a temporary security hold.
  if (status === 504 || status === 408) throw new ShopifyTimeout(`HTTP ${status}`, null, cost);
  const asked = parseRetryAfter(headers.get('retry-after'), now);
  // A full bucket pauses all slices of the shop. Any other failure may concern this request only.
  if (status === 429) throw new ShopifyUnavailable('HTTP 429', asked ?? DEFAULT_WAIT_MS, cost);
  if (status === 430 || status >= 500) {
    throw new UnusableAnswer('error', `HTTP ${status}`, asked, cost);
  }
  throw refusalOf(status, body);
}

/** @throws UnusableAnswer */
export function parseObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    const text = body.trimStart();
    if (text === '') throw new UnusableAnswer('empty', 'the reply is empty');
    if (text.startsWith('<')) throw new UnusableAnswer('web_page', 'the reply is a web page');
    throw new UnusableAnswer('cut_short', 'the reply is not JSON');
  }
  if (isJsonObject(value)) return value;
  throw new UnusableAnswer('other_form', 'the reply is not a JSON object');
}
