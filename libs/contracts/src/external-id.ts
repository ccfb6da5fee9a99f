import { GID_PREFIX, readCustomerNumber, shopifyNumber } from './shopify-gid.ts';

declare const canonical: unique symbol;

/** An external customer id in canonical form. Only canonical ids are stored, hashed and compared. */
export type ExternalId = string & { readonly [canonical]: true };

/** Returns the external id of a Shopify customer: gid://shopify/Customer/7. */
export const gidOf = (id: number | string): ExternalId => `${GID_PREFIX}${id}` as ExternalId;

/** Longer strings are not ids. They are returned unchanged, and the caller's length check refuses them. */
const LONGEST_GIVEN = 1_000;

/**
 * Returns the canonical form of an external id from any source. Every known form of a Shopify customer id
 * becomes gid://shopify/Customer/7. An id of another system only loses surrounding whitespace. Empty stays
 * empty.
 */
export function externalIdOf(given: string): ExternalId {
  if (given.length > LONGEST_GIVEN) return given as ExternalId;
  const text = given.trim();
  const number = readCustomerNumber(text);
  return number === null ? (text as ExternalId) : gidOf(number);
}

/**
 * Returns the other form in which builds before the canonical one stored and hashed the same id: Shopify's
 * bare number. Those builds also stored spaces and query strings unchanged. Such forms cannot be derived from
 * the id, so normalizeExternalIds searches for them.
 */
export function earlierExternalIds(id: ExternalId): string[] {
  const number = shopifyNumber(id);
  return number === null ? [] : [number];
}
