import { readBy, type ReadValue } from '@core/runtime';

/**
 * A UUID as PostgreSQL writes it. This is the only definition of the form: an id in another spelling would be
 * another lock and another key.
 */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LENGTH = 36;

/**
 * Reads a UUID. An edge that allows braces, urn: or missing hyphens normalizes them first.
 * @returns the UUID in lower case, its canonical form; null for anything else
 */
export function readUuid(value: unknown): string | null {
  // The length is checked first: the cost of the rest grows with it, and a caller may send a megabyte.
  if (typeof value !== 'string' || value.length !== LENGTH) return null;
  const uuid = value.toLowerCase();
  return UUID.test(uuid) ? uuid : null;
}

/**
 * One of our own ids, parsed at an edge. Ids are compared, name locks and are bound into encrypted data. Each
 * kind has a separate type: neither an unparsed string nor an id of another kind compiles inside the edge.
 * Rejected: wrapper objects, which each row and each message would pay for.
 */
type Id<Kind extends string> = string & { readonly '~kind': Readonly<Record<Kind, true>> };

export type MerchantId = Id<'merchant'>;
export type CustomerId = Id<'customer'>;
export type ImportId = Id<'import'>;

/** Sorts before every id, so paging in id order starts here. Some languages write it for "none". */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000' as MerchantId & CustomerId;

// Readers of an id at any edge. They return null for a value that is not a UUID.
export const readMerchantId = readUuid as (value: unknown) => MerchantId | null;
export const readCustomerId = readUuid as (value: unknown) => CustomerId | null;
export const readImportId = readUuid as (value: unknown) => ImportId | null;

const id = <T extends string>(read: (value: string) => T | null): ReadValue<T> =>
  readBy(read, 'must be a UUID');

// Readers for edges that report what is wrong.
export const uuidFrom = id(readUuid);
export const merchantIdFrom = id(readMerchantId);
export const customerIdFrom = id(readCustomerId);
export const importIdFrom = id(readImportId);
