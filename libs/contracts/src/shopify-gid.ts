import { readDecimal } from './inbound/exact-integer.ts';

/** The prefix of all ids of Shopify's customers, and of no other id. */
export const GID_PREFIX = 'gid://shopify/Customer/';

/** The number in gid://shopify/Customer/7; null for an id of another source. */
export const shopifyNumber = (externalId: string): string | null =>
  /^gid:\/\/shopify\/Customer\/([1-9]\d{0,17})$/.exec(externalId)?.[1] ?? null;

const BARE_NUMBER = /^[1-9]\d{0,17}$/;
const LEADING_ZEROS = /^0*([1-9]\d{0,17})$/;

const ANY_GID = /^gid:\/\/shopify\/customer\/(\d+)\/*(?:[?#].*)?$/is;

/** A customer's page in Shopify's admin, of now or of before 2022, as its address bar has it. */
const ADMIN_URL =
  /^https:\/\/(?:admin\.shopify\.com\/store\/[^/?#]+|[^/?#]+\.myshopify\.com\/admin)\/customers\/(\d+)\/*(?:[?#].*)?$/is;

/** Whatever Shopify names by a gid or a page of its admin. */
const SHOPIFY_S =
  /^(?:gid:\/\/shopify\/|https:\/\/(?:admin\.shopify\.com|[^/?#]+\.myshopify\.com\/admin)\/)/i;

/** The base64 form of gid://: until 2022-04 the ids of the Storefront API were encoded in base64. */
const BASE64_GID = 'Z2lkOi8v';

/**
 * The number that a text names a customer of Shopify by, in any of the forms that are met: bare, as privacy webhooks
 * have it; as a gid, with a query, a trailing slash, leading zeros, in another case; a gid in base64, or escaped as part
 * of a URL; the address of the customer's page in Shopify's admin. A bare number with leading zeros is none: Shopify
 * writes none, and those of other systems count.
 */
export function readCustomerNumber(text: string): string | null {
  if (BARE_NUMBER.test(text)) return text;
  return LEADING_ZEROS.exec(digitsIn(text))?.[1] ?? null;
}

/** Longer texts are no ids. */
const LONGEST = 1_000;

/**
 * Whether a text is 0, in any spelling of the number (00, -0, 0.0) and in any of the forms above. Shopify writes it for
 * the id of a guest, so it is nobody's, at every door.
 */
export function isGuestId(text: string): boolean {
  if (text.length > LONGEST) return false;
  const plain = text.trim();
  return [plain, digitsIn(plain)].some((number) => readDecimal(number)?.digits === '');
}

/** Whether Shopify names something else by it than a customer: gid://shopify/Order/7. No other system has such ids. */
export const isOtherOfShopify = (text: string): boolean =>
  SHOPIFY_S.test(unwrap(text)) && readCustomerNumber(text) === null && !isGuestId(text);

/** The digits of a gid, or of a page of the admin; empty where it is neither. */
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
