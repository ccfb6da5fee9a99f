import {
  CustomersWithheld,
  EmailsWithheld,
  ShopifyRejected,
  ShopifyUnavailable,
  Unauthorized,
} from './errors.ts';
import { DENIED_SCOPE, INACTIVE, refusalMessage, SHOP_STATE } from './merchant-messages.ts';
import { DEFAULT_WAIT_MS } from './retry-after.ts';

/**
 * Maximum length of a refusal to match. A known refusal is one sentence, so the rest of a longer text is
 * ignored.
 */
const LONGEST = 1_000;

/** Names the field in Shopify's reply, where other fields have their own name. */
export const EMAIL_FIELD_REFUSED = /not approved to use the email field/i;

/**
 * Refusals that Shopify sends as text instead of a code. REST has only texts. GraphQL sends texts when it
 * refuses a request before it evaluates the query, sometimes with HTTP 200. Patterns match Shopify's wording;
 * the first match wins.
 */
const BY_WORDS: readonly (readonly [RegExp, () => Error])[] = [
  [/invalid api key|access token|unrecognized login|wrong password/i, () => new Unauthorized()],
  [EMAIL_FIELD_REFUSED, () => new EmailsWithheld()],
  [/protected customer data|not approved/i, () => new CustomersWithheld()],
  [/access scope|merchant approval/i, () => new ShopifyRejected(DENIED_SCOPE)],
  [/throttled|exceeded .{0,40}per second|too many requests/i, () => busy()],
  [/unavailable shop|frozen/i, () => new ShopifyRejected(SHOP_STATE[402])],
  [/locked/i, () => new ShopifyRejected(SHOP_STATE[423])],
  [/not active|inactive/i, () => new ShopifyRejected(INACTIVE)],
  [/not found/i, () => new ShopifyRejected(SHOP_STATE[404])],
];

const busy = () => new ShopifyUnavailable('throttled, reported as text', DEFAULT_WAIT_MS);

/**
 * Maps the text of a refusal to an error; undefined for unknown text. Never quotes the text: it may name a
 * person.
 */
export const refusalIn = (words: string): Error | undefined =>
  BY_WORDS.find(([pattern]) => pattern.test(words.slice(0, LONGEST)))?.[1]();

/** Returns the refusal for a status that no retry fixes, unless the body contains a more specific reason. */
export const refusalOf = (status: number, body: string): Error =>
  (status === 403 && refusalIn(body)) || new ShopifyRejected(refusalMessage(status), status);
