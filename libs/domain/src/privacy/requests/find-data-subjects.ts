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

/** A request as it was recorded. */
export interface RecordedRequest extends HashedNames {
  /** The customer who was found when the request arrived. */
  customerId: CustomerId | null;
}

export const RECORDED_REQUEST = {
  customerId: privacyRequests.customerId,
  namedEmail: privacyRequests.namedEmail,
  namedExternalId: privacyRequests.namedExternalId,
};

/** The customers that a request is about by now, and counts of those that may or may not have the email. */
export type DataSubjects = SharedEmails;

const NO_MORE = { undecrypted: 0, notExamined: 0 };

/**
 * Finds all customers that a request is about: the one who was found when it arrived, and those with the
 * given names who are stored by now. The names are compared in the order of findPerson. When only the email
 * is given, all its holders are returned, as in an erasure.
 */
export async function findDataSubjects(
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
  request: RecordedRequest,
): Promise<DataSubjects> {
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

/**
 * Whether the customer found at arrival has the given external id. An external id belongs to one customer, so
 * no search is needed then.
 */
async function isOfExternalId(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: MerchantId,
  { customerId, namedExternalId }: RecordedRequest,
): Promise<boolean> {
  if (!customerId || !namedExternalId) return false;
  const externalId = await storedExternalId(tx, merchantId, customerId);
  if (!externalId) return false;
  return externalIdTombstones(keys, externalId).some((hash) => hash.equals(namedExternalId));
}

/** The number of a Shopify id. Earlier builds hashed the number when a request gave it alone. */
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
 * Finds customers by hashed names. No index leads from a hash to its customer, so all of the merchant's
 * customers are hashed, some seconds per million. This serves the few requests of people who were not stored
 * yet, so an index that every write would pay for is not worth it.
 */
async function findByHash(
  tx: Tx,
  { indexKey }: MerchantKeys,
  merchantId: MerchantId,
  { namedEmail, namedExternalId }: HashedNames,
): Promise<CustomerId[]> {
  const found = await tx.run(FIND_BY_HASH, { merchantId, indexKey, namedEmail, namedExternalId });
  const known = found.filter(({ byExternalId }) => byExternalId);
  // When an external id is given, a customer with that email but another external id is another person.
  const meant = known.length > 0 ? known : found.filter((row) => !namedExternalId || !row.hasExternalId);
  return meant.map(({ id }) => id);
}
