/** A UUID as PostgreSQL writes it. The only expression of its form: an id in another spelling would be another lock, another key. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LENGTH = 36;

/**
 * @returns the UUID in lower case, its canonical form; null for anything else. Braces, urn: and a missing hyphen are
 *   for an edge to take off that allows them
 */
export function readUuid(value: unknown): string | null {
  // The length first: what a text costs grows with it, and a caller may send a megabyte.
  if (typeof value !== 'string' || value.length !== LENGTH) return null;
  const uuid = value.toLowerCase();
  return UUID.test(uuid) ? uuid : null;
}

declare const of: unique symbol;

/**
 * An id of ours, which an edge has parsed: it is compared, names locks, and is bound into what is encrypted. A type of
 * its own for each kind, so that neither an unparsed text nor another kind's id compiles below the edge. Rejected:
 * objects, which each row and each message would pay for.
 */
type Id<Kind extends string> = string & { readonly [of]: Kind };

export type MerchantId = Id<'merchant'>;

/** The id of a merchant, as any edge is given it; null for what is no UUID. */
export const readMerchantId = (value: unknown): MerchantId | null => readUuid(value) as MerchantId | null;
