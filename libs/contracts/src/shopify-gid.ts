import { readDecimal } from './inbound/exact-integer.ts';

/** The prefix of every Shopify customer id, and of no other id. */
export const GID_PREFIX = 'gid://shopify/Customer/';

/** Returns the number in gid://shopify/Customer/7; null for an id from another source. */
export const shopifyNumber = (externalId: string): string | null =>
  /^gid:\/\/shopify\/Customer\/([1-9]\d{0,17})$/.exec(externalId)?.[1] ?? null;

const BARE_NUMBER = /^[1-9]\d{0,17}$/;
const LEADING_ZEROS = /^0*([1-9]\d{0,17})$/;

const ANY_GID = /^gid:\/\/shopify\/customer\/(\d+)\/*(?:[?#].*)?$/is;

/** The address of a customer's page in Shopify's admin, in the current form and in the form before 2022. */
const ADMIN_URL =
  /^https:\/\/(?:admin\.shopify\.com\/store\/[^/?#]+|[^/?#]+\.myshopify\.com\/admin)\/customers\/(\d+)\/*(?:[?#].*)?$/is;

/** Any object that Shopify identifies by a gid or by a page in its admin. */
const SHOPIFY_S =
  /^(?:gid:\/\/shopify\/|https:\/\/(?:admin\.shopify\.com|[^/?#]+\.myshopify\.com\/admin)\/)/i;

/** The base64 form of gid://: until 2022-04 the ids of the Storefront API were encoded in base64. */
const BASE64_GID = 'Z2lkOi8v';

/**
 * Returns the number of a Shopify customer from a string in any known form; null for any other string:
 *
 * - bare, as in privacy webhooks
 * - a gid, also with a query, a trailing slash, leading zeros or in another case
 * - a gid in base64, or escaped as part of a URL
 * - the address of the customer's page in Shopify's admin
 *
 * A bare number with leading zeros is none of them: Shopify writes none, and other systems have ids like
 * that.
 */
export function readCustomerNumber(text: string): string | null {
  if (BARE_NUMBER.test(text)) return text;
  return LEADING_ZEROS.exec(digitsIn(text))?.[1] ?? null;
}

/** Longer strings are not ids. */
const LONGEST = 1_000;

/**
 * Returns whether a string is 0, in any spelling of the number (00, -0, 0.0) and in any of the forms above.
 * Shopify writes 0 as the id of a guest, so no entry point accepts it as the id of a customer.
 */
export function isGuestId(text: string): boolean {
  if (text.length > LONGEST) return false;
  const plain = text.trim();
  return [plain, digitsIn(plain)].some((number) => readDecimal(number)?.digits === '');
}

/**
 * Returns whether Shopify uses the id for something other than a customer: gid://shopify/Order/7. No other
 * system has such ids.
 */
export const isOtherShopifyId = (text: string): boolean =>
  SHOPIFY_S.test(unwrap(text)) && readCustomerNumber(text) === null && !isGuestId(text);

/** Returns the digits in a gid or in the address of an admin page; empty for anything else. */
function digitsIn(text: string): string {
  const plain = unwrap(text);
  return (ANY_GID.exec(plain) ?? ADMIN_URL.exec(plain))?.[1] ?? '';
}

function unwrap(text: string): string {
  const unescaped = text.includes('%') ? unescapeUrl(text) : text;
  return unescaped.startsWith(BASE64_GID) ? Buffer.from(unescaped, 'base64').toString() : unescaped;
}

function unescapeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
