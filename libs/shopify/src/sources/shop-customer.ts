import { createHash } from 'node:crypto';
import {
  customerGid,
  externalIdOf,
  readShopifyRfmGroup,
  readShopifyTime,
  shopifyTime,
  type ExternalId,
} from '@core/contracts';

/** Null: the source reports that there is no value. Undefined: the source does not report the field. */
export type Reported<T> = T | null | undefined;

/** Reasons why a customer or a field could not be read. */
export type Unreadable =
  | 'invalid_external_id'
  | 'unreadable_customer'
  | 'invalid_amount_spent'
  | 'invalid_created_at'
  | 'invalid_number_of_orders'
  | 'unknown_rfm_group';

/**
 * A customer as any source returns it. The customer store has a separate type, which this one fits. Importing
 * a domain package here would make reading a shop depend on a database.
 */
export interface ShopCustomer {
  /** Such as gid://shopify/Customer/7. */
  externalId: ExternalId;
  /**
   * Null: the customer has no email. Absent: the source does not report it. The same applies to each field of
   * `metadata`.
   */
  email?: string | null | undefined;
  metadata: Record<string, unknown>;
  sourceUpdatedAt: Date;
  /** The reason when only the external id could be read. */
  fault?: Unreadable;
  /** The reasons why fields are missing from `metadata`. */
  leftOut?: readonly Unreadable[];
}

/**
 * The data that every source has about a customer, in the source's format. The types are unknown, because a
 * reply is cast and not validated. One malformed field must not affect the other fields.
 */
export interface SourceCustomer {
  email: unknown;
  orders: unknown;
  spent: Reported<{ amount: unknown; currency: unknown }>;
  tags: unknown;
  state: unknown;
  /** Undefined from REST, which does not have it. */
  rfmGroup: unknown;
  createdAt: unknown;
  updatedAt: unknown;
}

/** A customer from a source, and the number in its id; null when the customer has no valid id. */
export interface ReadCustomer {
  id: number | null;
  customer: ShopCustomer;
}

/**
 * Reads a customer of a source. The result is the same for every source, so an import through another source
 * finds nothing new. A customer whose fields have unexpected types counts as failed alone: a retry of its
 * page would return the same values.
 * @param given the id in the source's format
 * @param read throws a TypeError where the reply does not have the expected form
 */
export function readCustomer(given: unknown, read: () => SourceCustomer): ReadCustomer {
  const gid = customerGid(given);
  let source: SourceCustomer | undefined;
  try {
    source = read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  if (gid === null) return { id: null, customer: broken(standIn(source), 'invalid_external_id') };
  const customer = source && toImported(gid, source);
  return { id: numberOf(gid), customer: customer ?? broken(gid, 'unreadable_customer') };
}

/**
 * Converts a customer. Contains no names, phones or addresses: metadata is not encrypted. Normalizes the
 * differences between Shopify's two formats:
 * - money: "120.3" (GraphQL) and "120.30" (REST) become "120.30": at least two decimals, no further trailing
 *   zeros
 * - state: "enabled" (REST) becomes "ENABLED"
 * - tags: REST joins them with commas; their order has no meaning, so they are sorted
 * - times: REST uses the shop's offset; all become UTC
 * - locale: only GraphQL has it, so it is left out
 * - RFM group: only GraphQL has it, so a read through REST leaves the stored one unchanged
 *
 * A null stays null, except for tags, where it becomes an empty list. A field that the source does not report
 * is left out. An unreadable field is also left out, with a reason: its stored value stays.
 */
function toImported(externalId: ExternalId, source: SourceCustomer): ShopCustomer | undefined {
  const { tags, state, spent } = source;
  if (!isAbsent(tags) && !isTexts(tags)) return undefined;
  if (!isAbsent(state) && typeof state !== 'string') return undefined;
  if (!isAbsent(spent) && spent.amount == null) return undefined;
  const leftOut: Unreadable[] = [];
  const orLeftOut =
    <T, R>(read: (value: T) => R | undefined, reason: Unreadable) =>
    (value: T): R | undefined => {
      const kept = read(value);
      if (kept === undefined) leftOut.push(reason);
      return kept;
    };
  const amountSpent = mapReported(spent, orLeftOut(moneyOf, 'invalid_amount_spent'));
  const createdAt = mapReported(source.createdAt, orLeftOut(readShopifyTime, 'invalid_created_at'));
  const orders = mapReported(source.orders, orLeftOut(countOf, 'invalid_number_of_orders'));
  const rfmGroup = mapReported(source.rfmGroup, orLeftOut(readShopifyRfmGroup, 'unknown_rfm_group'));
  return {
    externalId,
    email: mapReported(source.email, (email) => (typeof email === 'string' ? email : NO_EMAIL)),
    // Sorted by name, so that hashing needs no further sort.
    metadata: withoutAbsent({
      amount_spent: amountSpent,
      created_at: mapReported(createdAt, (at) => shopifyTime(at.getTime())),
      number_of_orders: orders,
      rfm_group: rfmGroup,
      state: mapReported(state, (text) => text.toUpperCase()),
      tags: tags === null ? [] : mapReported(tags, sorted),
    }),
    sourceUpdatedAt: readShopifyTime(source.updatedAt) ?? new Date(NaN),
    ...(leftOut.length > 0 && { leftOut }),
  };
}

const broken = (externalId: ExternalId, fault: Unreadable): ShopCustomer => ({
  externalId,
  metadata: {},
  sourceUpdatedAt: new Date(0),
  fault,
});

export const mapReported = <T, R>(value: T, read: (value: NonNullable<T>) => R): Reported<R> =>
  value === null ? null : value === undefined ? undefined : read(value as NonNullable<T>);

const isAbsent = (value: unknown): value is null | undefined => value == null;

/** Shopify returns every requested field, so usually nothing is copied. */
const withoutAbsent = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.values(fields).includes(undefined)
    ? Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    : fields;

const sorted = (tags: string[]): string[] =>
  [...new Set(tags.map((tag) => tag.trim()))].filter(Boolean).sort();

/**
 * Returns the id that the log uses for a customer without an id. It is the same whenever the same customer is
 * read again and is derived from no personal data.
 */
function standIn({ orders, spent, createdAt, updatedAt }: Partial<SourceCustomer> = {}): ExternalId {
  const known = JSON.stringify([orders, spent, createdAt, updatedAt]);
  return externalIdOf(`unidentified-${createHash('sha256').update(known).digest('hex').slice(0, 16)}`);
}

/** Returns the number of an id in the source's format; null for an invalid id. */
export const numberOf = (given: unknown): number | null => {
  const gid = customerGid(given);
  return gid === null ? null : Number(gid.slice(gid.lastIndexOf('/') + 1));
};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Replaces an email that is not text. The customer store validates emails and refuses this one. */
export const NO_EMAIL = '?';

/** Replaces the group of malformed statistics. Shopify has no such group: it is left out with a reason. */
export const NO_GROUP = '?';

/** Accepts text as well, because GraphQL returns the number as text. */
function countOf(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}$/.test(value));
  const count = isNumber ? Number(value) : NaN;
  // JSON allows a negative zero, jsonb does not.
  return Number.isSafeInteger(count) && count >= 0 ? Math.abs(count) : undefined;
}

const LONGEST_AMOUNT = 100;

/** Returns the amount as a decimal string, because binary floating point cannot represent money exactly. */
function moneyOf({
  amount,
  currency,
}: {
  amount: unknown;
  currency: unknown;
}): { amount: string; currency: string } | undefined {
  // String() would accept a list with one amount as that amount, and would throw for some objects.
  if (typeof amount !== 'string' && typeof amount !== 'number') return undefined;
  const text = String(amount);
  if (text.length > LONGEST_AMOUNT || typeof currency !== 'string' || currency === '') return undefined;
  // Cuts after the last non-zero digit: a regular expression for trailing zeros restarts at each zero.
  const [, whole, decimals = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const [significant = ''] = /^\d*[1-9]/.exec(decimals) ?? [];
  return whole === undefined ? undefined : { amount: `${whole}.${significant.padEnd(2, '0')}`, currency };
}
