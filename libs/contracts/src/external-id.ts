import { GID_PREFIX, readCustomerNumber, shopifyNumber } from './shopify-gid.ts';

declare const canonical: unique symbol;

/** The id of a customer in another system, in its canonical form: only such ids are stored, hashed and compared. */
export type ExternalId = string & { readonly [canonical]: true };

/** gid://shopify/Customer/7: a customer of Shopify, as an external id. */
export const gidOf = (id: number | string): ExternalId => `${GID_PREFIX}${id}` as ExternalId;

/** Longer texts are no ids; whoever takes one refuses it by its length. */
const LONGEST_GIVEN = 1_000;

/**
 * The canonical form of an external id, as any door is given it. Whatever names a customer of Shopify becomes
 * gid://shopify/Customer/7; an id of another system is taken as it is, but for the space around it. Empty stays empty.
 */
export function externalIdOf(given: string): ExternalId {
  if (given.length > LONGEST_GIVEN) return given as ExternalId;
  const text = given.trim();
  const number = readCustomerNumber(text);
  return number === null ? (text as ExternalId) : gidOf(number);
}

/**
 * The form in which builds before the canonical one stored and hashed the same id, besides it: Shopify's bare number.
 * They also took spaces and queries as they came; nobody can guess those, so healExternalIds looks for them.
 */
export function earlierExternalIds(id: ExternalId): string[] {
  const number = shopifyNumber(id);
  return number === null ? [] : [number];
}
