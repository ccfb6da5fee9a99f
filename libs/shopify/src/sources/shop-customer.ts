import { createHash } from 'node:crypto';
import { customerGid, externalIdOf, readShopifyTime, shopifyTime, type ExternalId } from '@core/contracts';

/** Null: the source says that there is none. Undefined: it does not speak of it. */
export type Said<T> = T | null | undefined;

/** Why a customer, or a field, could not be read. */
export type Unreadable =
  | 'invalid_external_id'
  | 'unreadable_customer'
  | 'invalid_amount_spent'
  | 'invalid_created_at'
  | 'invalid_number_of_orders';

/**
 * A customer as any source gives it. The store of customers has a form of its own, which this one fits: a package
 * of the domain's here would tie reading a shop to a database.
 */
export interface ShopCustomer {
  /** Such as gid://shopify/Customer/7. */
  externalId: ExternalId;
  /** Null: the shop has none. Absent: the source does not speak of it. The same for each field of `metadata`. */
  email?: string | null | undefined;
  metadata: Record<string, unknown>;
  sourceUpdatedAt: Date;
  /** Why nothing but the external id could be read. */
  fault?: Unreadable;
  /** Why fields are left out of `metadata`. */
  leftOut?: readonly Unreadable[];
}

/**
 * The data that every source has of a customer, in the words of the source. The types are unknown, because a reply is
 * cast and not checked: one field that is not what Shopify promises must cost no more than itself.
 */
export interface SourceCustomer {
  email: unknown;
  orders: unknown;
  spent: Said<{ amount: unknown; currency: unknown }>;
  tags: unknown;
  state: unknown;
  createdAt: unknown;
  updatedAt: unknown;
}

/** A customer as a source gave one, and the number of its id: null where there is none to know it by. */
export interface ReadCustomer {
  id: number | null;
  customer: ShopCustomer;
}

/**
 * A customer of a source, the same whichever source read it: an import by another source then finds nothing new. One of
 * whom the words are of another type than Shopify promises counts as failed alone: its page, tried again, would have the
 * same words.
 * @param given the id as the source has it
 * @param read throws a TypeError where the reply has not the form that it should
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
 * No names, phones or addresses: metadata is not encrypted. The vendor's two shapes differ, and become one:
 * - money: "120.3" (GraphQL) and "120.30" (REST) are "120.30": two decimals at least, no zeros beyond them
 * - state: "enabled" (REST) is "ENABLED"
 * - tags: REST joins them by commas; the order means nothing, so they are sorted
 * - times: REST has the shop's offset; all are UTC
 * - locale: only GraphQL has it, so it is left out
 *
 * A null becomes one, for tags an empty list; a field that the source does not give is left out. An
 * unreadable one is left out as well, with its reason: its stored value stays.
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
  const amountSpent = ifSaid(spent, orLeftOut(moneyOf, 'invalid_amount_spent'));
  const createdAt = ifSaid(source.createdAt, orLeftOut(readShopifyTime, 'invalid_created_at'));
  const orders = ifSaid(source.orders, orLeftOut(countOf, 'invalid_number_of_orders'));
  return {
    externalId,
    email: ifSaid(source.email, (email) => (typeof email === 'string' ? email : NO_EMAIL)),
    // In the order of their names: then nothing is sorted to hash them.
    metadata: withoutAbsent({
      amount_spent: amountSpent,
      created_at: ifSaid(createdAt, (at) => shopifyTime(at.getTime())),
      number_of_orders: orders,
      state: ifSaid(state, (text) => text.toUpperCase()),
      tags: tags === null ? [] : ifSaid(tags, sorted),
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

export const ifSaid = <T, R>(value: T, read: (value: NonNullable<T>) => R): Said<R> =>
  value === null ? null : value === undefined ? undefined : read(value as NonNullable<T>);

const isAbsent = (value: unknown): value is null | undefined => value == null;

/** Shopify speaks of every field that it is asked for: as a rule nothing is copied. */
const withoutAbsent = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.values(fields).includes(undefined)
    ? Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    : fields;

const sorted = (tags: string[]): string[] =>
  [...new Set(tags.map((tag) => tag.trim()))].filter(Boolean).sort();

/**
 * The stand-in that the log has for the id of a customer without one: it is the same whenever the same customer is read
 * again, and is made of nothing personal.
 */
function standIn({ orders, spent, createdAt, updatedAt }: Partial<SourceCustomer> = {}): ExternalId {
  const known = JSON.stringify([orders, spent, createdAt, updatedAt]);
  return externalIdOf(`unidentified-${createHash('sha256').update(known).digest('hex').slice(0, 16)}`);
}

/** The number of an id as the source has it; null where it is none. */
export const numberOf = (given: unknown): number | null => {
  const gid = customerGid(given);
  return gid === null ? null : Number(gid.slice(gid.lastIndexOf('/') + 1));
};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** In place of what is no text: emails are judged where they are stored, and this one is refused there. */
export const NO_EMAIL = '?';

/** GraphQL has a number as text. */
function countOf(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}$/.test(value));
  const count = isNumber ? Number(value) : NaN;
  // JSON has a negative zero, and jsonb none.
  return Number.isSafeInteger(count) && count >= 0 ? Math.abs(count) : undefined;
}

const LONGEST_AMOUNT = 100;

/** A decimal string: money does not survive binary floating point. */
function moneyOf({
  amount,
  currency,
}: {
  amount: unknown;
  currency: unknown;
}): { amount: string; currency: string } | undefined {
  // A list of one amount, as a text, is that amount; an object may have no text at all.
  if (typeof amount !== 'string' && typeof amount !== 'number') return undefined;
  const text = String(amount);
  if (text.length > LONGEST_AMOUNT || typeof currency !== 'string' || currency === '') return undefined;
  // Cuts after the last non-zero digit: a regular expression for trailing zeros restarts at each zero.
  const [, whole, decimals = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const [significant = ''] = /^\d*[1-9]/.exec(decimals) ?? [];
  return whole === undefined ? undefined : { amount: `${whole}.${significant.padEnd(2, '0')}`, currency };
}
