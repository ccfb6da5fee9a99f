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
import { parseRetryAfter, UNSAID_WAIT_MS } from './retry-after.ts';

/**
 * The meaning of a status other than that of an answer, for both APIs.
 * @param cost the bucket of the reply, where it has it
 * @throws unless the status is 2xx
 */
export function assertAnswered(
  { status, headers, body }: HttpReply,
  now: number,
  cost: QueryCost | null = null,
): void {
  if (status >= 200 && status < 300) return;
  if (status === 401) throw new Unauthorized();
  // Shopify's 504 is a query that took too long; 430 is a temporary security hold.
  if (status === 504 || status === 408) throw new ShopifyTimeout(`HTTP ${status}`, null, cost);
  const asked = parseRetryAfter(headers.get('retry-after'), now);
  // A full bucket pauses all slices of the shop; any other failure may concern this request only.
  if (status === 429) throw new ShopifyUnavailable('HTTP 429', asked ?? UNSAID_WAIT_MS, cost);
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
    if (text === '') throw new UnusableAnswer('empty', 'an empty reply');
    if (text.startsWith('<')) throw new UnusableAnswer('web_page', 'a reply that is a web page');
    throw new UnusableAnswer('cut_short', 'a reply that is no JSON');
  }
  if (isJsonObject(value)) return value;
  throw new UnusableAnswer('other_form', 'a reply that is no JSON object');
}
