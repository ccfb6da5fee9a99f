import { readBy, type ReadValue } from '@core/runtime';

/** A UUID as PostgreSQL writes it. The only expression of its form: an id in another spelling would be another lock, another key. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LENGTH = 36;

/**
 * @returns the UUID in lower case, its canonical form; null for anything else. Braces, urn: and a missing hyphen are
 *   for an edge to take off that allows them
 */
export function readUuid(value: unknown): string | null {
  // The length first: the cost of a text grows with it, and a caller may send a megabyte.
  if (typeof value !== 'string' || value.length !== LENGTH) return null;
  const uuid = value.toLowerCase();
  return UUID.test(uuid) ? uuid : null;
}

/**
 * An id of ours, which an edge has parsed: it is compared, names locks, and is bound into what is encrypted. A type of
 * its own for each kind, so that neither an unparsed text nor another kind's id compiles below the edge. Rejected:
 * objects, which each row and each message would pay for.
 */
type Id<Kind extends string> = string & { readonly '~kind': Readonly<Record<Kind, true>> };

export type MerchantId = Id<'merchant'>;
export type CustomerId = Id<'customer'>;
export type ImportId = Id<'import'>;

/** Before every id: where pages in the order of ids begin. Some languages write it for "none". */
export const FIRST_UUID = '00000000-0000-0000-0000-000000000000' as MerchantId & CustomerId;

// An id as any edge is given it; null for what is no UUID.
export const readMerchantId = readUuid as (value: unknown) => MerchantId | null;
export const readCustomerId = readUuid as (value: unknown) => CustomerId | null;
export const readImportId = readUuid as (value: unknown) => ImportId | null;

const id = <T extends string>(read: (value: string) => T | null): ReadValue<T> =>
  readBy(read, 'must be a UUID');

// For edges that say what is wrong.
export const uuidFrom = id(readUuid);
export const merchantIdFrom = id(readMerchantId);
export const customerIdFrom = id(readCustomerId);
export const importIdFrom = id(readImportId);
