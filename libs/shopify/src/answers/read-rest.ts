import { parseCallLimit } from './call-limit.ts';
import { assertAnswered, parseObject } from './read-reply.ts';
import type { HttpReply, RestReply } from './replies.ts';

/** Interprets a reply of the REST Admin API. @throws as ShopClient */
export function readRest(reply: HttpReply, now: number): RestReply {
  const { headers, body } = reply;
  const cost = parseCallLimit(headers.get('x-shopify-shop-api-call-limit'));
  assertAnswered(reply, now, cost);
  return { body: parseObject(body), headers, cost };
}
