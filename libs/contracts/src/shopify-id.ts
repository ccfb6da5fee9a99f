import { externalIdOf, gidOf, type ExternalId } from './external-id.ts';
import { shopifyNumber } from './shopify-gid.ts';

/** 18 digits fit into a bigint; Shopify's ids have up to 14. */
const DIGITS = /^0*([1-9]\d{0,17})$/;
const LONGEST = 100;

/**
 * Returns the number of an id given as a JSON number or as a string; null when it is not one. Rejected:
 * Number(), because a number beyond 2^53 has already lost its last digits and could be another customer's.
 */
export function shopifyId(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : null;
  if (typeof value !== 'string' || value.length > LONGEST) return null;
  return DIGITS.exec(value.trim())?.[1] ?? null;
}

/**
 * Returns the external id of a Shopify customer from 7, "7" or any form that externalIdOf accepts; null for
 * anything else.
 */
export function customerGid(value: unknown): ExternalId | null {
  const externalId = typeof value === 'string' ? externalIdOf(value) : null;
  if (externalId !== null && shopifyNumber(externalId) !== null) return externalId;
  const number = shopifyId(value);
  return number === null ? null : gidOf(number);
}
