import { ShopifyRejected, ShopifyUnavailable, Unauthorized } from './errors.ts';
import { DENIED_DATA, DENIED_SCOPE, INACTIVE, refusedWith, SHOP_STATE } from './merchant-messages.ts';
import { UNSAID_WAIT_MS } from './retry-after.ts';

/** A refusal is a sentence; a longer text is no refusal of which we know the words. */
const LONGEST = 1_000;

/**
 * Refusals that come as a text and not as a code: REST has nothing else, and GraphQL answers so before it looks at a
 * query, at times with HTTP 200. By Shopify's words; the first that fits.
 */
const BY_WORDS: readonly (readonly [RegExp, () => Error])[] = [
  [/invalid api key|access token|unrecognized login|wrong password/i, () => new Unauthorized()],
  [/protected customer data|not approved/i, () => new ShopifyRejected(DENIED_DATA)],
  [/access scope|merchant approval/i, () => new ShopifyRejected(DENIED_SCOPE)],
  [/throttled|exceeded .{0,40}per second|too many requests/i, () => busy()],
  [/unavailable shop|frozen/i, () => new ShopifyRejected(SHOP_STATE[402])],
  [/locked/i, () => new ShopifyRejected(SHOP_STATE[423])],
  [/not active|inactive/i, () => new ShopifyRejected(INACTIVE)],
  [/not found/i, () => new ShopifyRejected(SHOP_STATE[404])],
];

const busy = () => new ShopifyUnavailable('throttled in words', UNSAID_WAIT_MS);

/** The meaning of a refusal in words; undefined when they are none that we know. They are not quoted: they may name a person. */
export const refusalIn = (words: string): Error | undefined =>
  BY_WORDS.find(([pattern]) => pattern.test(words.slice(0, LONGEST)))?.[1]();

/** The refusal of a status that no retry mends, unless the body says more. */
export const refusalOf = (status: number, body: string): Error =>
  (status === 403 && refusalIn(body)) || new ShopifyRejected(refusedWith(status), status);
