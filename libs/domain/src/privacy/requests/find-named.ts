import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { GID_PREFIX, type CustomerId, type MerchantId } from '@core/contracts';
import { type MerchantKeys } from '@core/crypto';
import {
  bytes,
  columns,
  customers,
  privacyRequests,
  relation,
  returning,
  statement,
  type Tx,
} from '@core/db';
import type { Keys } from '../../core/index.ts';
import {
  emailTombstones,
  emailTombstoneInSql,
  externalIdTombstones,
  externalIdTombstoneInSql,
  findHoldersWithoutIndex,
  type HashedNames,
  type SharedEmails,
} from '../../customers/index.ts';
import { storedExternalId } from '../stored-external-id.ts';

/** A request as it was written down. */
export interface NamedRequest extends HashedNames {
  /** The customer who was found when it came. */
  customerId: CustomerId | null;
}

export const NAMED_REQUEST = {
  customerId: privacyRequests.customerId,
  namedEmail: privacyRequests.namedEmail,
  namedExternalId: privacyRequests.namedExternalId,
};

/** Customers it is about by now, and counts of those of whom nobody can tell whether they hold the email. */
export type Named = SharedEmails;

const NO_MORE = { undecrypted: 0, notLookedAt: 0 };

/**
 * Everybody whom a request is about: the customer who was found when it came, and those with the given names
 * who are stored by now, in the order of findPerson; by the email alone, all its holders, as in an erasure.
 */
export async function findNamed(
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
  request: NamedRequest,
): Promise<Named> {
  const { customerId, namedEmail, namedExternalId } = request;
  const before = customerId ? [customerId] : [];
  const keys = namedEmail || namedExternalId ? await ctx.keys.find(tx, merchantId) : null;
  if (!keys || (await isOfExternalId(tx, keys, merchantId, request))) return { ids: before, ...NO_MORE };
  const now = await findByHash(tx, keys, merchantId, request);
  const shared =
    namedEmail && !namedExternalId
      ? await findHoldersWithoutIndex(tx, ctx, merchantId, (email) =>
          emailTombstones(keys, email).some((hash) => hash.equals(namedEmail)),
        )
      : { ids: [], ...NO_MORE };
  return { ...shared, ids: [...new Set([...before, ...now, ...shared.ids])] };
}

/** An external id is one customer's: the one found by it is the one meant, and no search is needed. */
async function isOfExternalId(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: MerchantId,
  { customerId, namedExternalId }: NamedRequest,
): Promise<boolean> {
  if (!customerId || !namedExternalId) return false;
  const externalId = await storedExternalId(tx, merchantId, customerId);
  if (!externalId) return false;
  return externalIdTombstones(keys, externalId).some((hash) => hash.equals(namedExternalId));
}

/** Which earlier builds hashed where a request gave it alone. */
const SHOPIFY_NUMBER = sql`case when starts_with(${customers.externalId}, ${GID_PREFIX})
  then substr(${customers.externalId}, ${GID_PREFIX.length + 1}) end`;

const FIND_BY_HASH = statement({
  params: {
    merchantId: customers.merchantId,
    indexKey: bytes,
    namedEmail: privacyRequests.namedEmail,
    namedExternalId: privacyRequests.namedExternalId,
  },
  text(p) {
    const hashes = {
      externalId: externalIdTombstoneInSql(customers.externalId, p.indexKey),
      number: externalIdTombstoneInSql(SHOPIFY_NUMBER, p.indexKey),
      email: emailTombstoneInSql(customers.emailHash, p.indexKey),
    };
    const hashed = relation('hashed', hashes);
    const byExternalId = sql<
      boolean | null
    >`${p.namedExternalId} in (${hashed.externalId}, ${hashed.number})`;
    return returning(
      { id: customers.id, hasExternalId: sql<boolean>`${customers.externalId} is not null`, byExternalId },
      (row) => sql`
        select ${row} from ${customers} cross join lateral (select ${columns(hashes)}) as ${hashed}
         where ${and(
           eq(customers.merchantId, p.merchantId),
           isNull(customers.erasedAt),
           or(eq(hashed.email, p.namedEmail), byExternalId),
         )}
         order by ${customers.id}`,
    );
  },
});

/**
 * No index leads from a hash to its customer: all of the merchant's are hashed, some seconds for a million. It is for
 * the few requests of somebody who was not here yet, so an index that every write would pay for is not worth it.
 */
async function findByHash(
  tx: Tx,
  { indexKey }: MerchantKeys,
  merchantId: MerchantId,
  { namedEmail, namedExternalId }: HashedNames,
): Promise<CustomerId[]> {
  const found = await tx.run(FIND_BY_HASH, { merchantId, indexKey, namedEmail, namedExternalId });
  const known = found.filter(({ byExternalId }) => byExternalId);
  // With an external id given, somebody of that email who has another one is another customer.
  const meant = known.length > 0 ? known : found.filter((row) => !namedExternalId || !row.hasExternalId);
  return meant.map(({ id }) => id);
}
