import { createHmac } from 'node:crypto';
import { sql, type Column, type SQL } from 'drizzle-orm';
import { type CustomerId, earlierExternalIds, type ExternalId, type MerchantId } from '@core/contracts';
import { earlierEmailHashes, emailHash, keyedHash, type MerchantKeys } from '@core/crypto';
import { erasureTombstones, many, ONE, oneOf, statement, type Tx } from '@core/db';
import type { PersonNames } from './person.ts';

/**
 * The hash by which an erased email is known. Made of its blind index, which is what an erasure by id has of it, and
 * not the index itself: that one is to be found nowhere once the person is erased.
 * @param blindIndex of emailHash
 */
export const emailTombstone = (keys: MerchantKeys, blindIndex: Buffer): Buffer =>
  createHmac('sha256', keys.indexKey).update('erased_email|').update(blindIndex).digest();

/** The same of an email as it is written. */
export const emailTombstoneOf = (keys: MerchantKeys, email: string): Buffer =>
  emailTombstone(keys, emailHash(keys, email));

/** The hash by which an erased external id is known. */
export const externalIdTombstone = (keys: MerchantKeys, externalId: ExternalId): Buffer =>
  keyedHash(keys, 'external_id', externalId);

/** All tombstones that an erasure of this email may have left: the present one, and those of earlier builds. */
export const emailTombstones = (keys: MerchantKeys, email: string): Buffer[] =>
  [emailHash(keys, email), ...earlierEmailHashes(keys, email)].map((hash) => emailTombstone(keys, hash));

/** The same of an external id. */
export const externalIdTombstones = (keys: MerchantKeys, externalId: ExternalId): Buffer[] =>
  [externalId, ...earlierExternalIds(externalId)].map((form) => keyedHash(keys, 'external_id', form));

const { merchantId, kind, hash } = erasureTombstones;

const FIND_ERASED = statement({
  params: { merchantId, emails: many(hash), externalIds: many(hash) },
  row: ONE,
  text: (p, row) => sql`
    select ${row} from ${erasureTombstones}
     where ${merchantId} = ${p.merchantId}
       and (${kind} = 'email' and ${oneOf(hash, p.emails)}
            or ${kind} = 'external_id' and ${oneOf(hash, p.externalIds)}) limit 1`,
});

/**
 * For the audit row of a customer who is given these names: whether one of them was erased. CreateCustomer asks in the
 * statement of its own that writes the row.
 */
export async function returnedDetail(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: MerchantId,
  { email, externalId }: Pick<PersonNames, 'email' | 'externalId'>,
): Promise<{ returned_after_erasure?: true }> {
  if (!email && !externalId) return {};
  const [found] = await tx.run(FIND_ERASED, {
    merchantId,
    emails: email ? emailTombstones(keys, email) : [],
    externalIds: externalId ? externalIdTombstones(keys, externalId) : [],
  });
  return found ? { returned_after_erasure: true } : {};
}

/** The two in SQL, where the hash alone is known. @param key the index key, a parameter */
export const emailTombstoneInSql = (blindIndex: SQL | Column, key: SQL): SQL<Buffer> =>
  sql`hmac('erased_email|'::bytea || ${blindIndex}, ${key}, 'sha256')`;
export const externalIdTombstoneInSql = (externalId: SQL | Column, key: SQL): SQL<Buffer> =>
  sql`hmac(convert_to('external_id|' || ${externalId}, 'UTF8'), ${key}, 'sha256')`;

/** The hashes that identify a request later, when it may not keep the names themselves. */
export interface HashedNames {
  namedEmail: Buffer | null;
  namedExternalId: Buffer | null;
}

/**
 * A request whose person was found by our own id is known by it alone: the other names are not hashed. An id that nobody
 * has leads to nobody later either, so then it is the other names that do.
 * @param found the customer whom the names mean; null: nobody is here yet
 */
export const hashNames = (
  keys: MerchantKeys,
  { customerId, externalId, email }: PersonNames,
  found: CustomerId | null,
): HashedNames => {
  const isOwn = found !== null && found === customerId;
  return {
    namedEmail: email && !isOwn ? emailTombstoneOf(keys, email) : null,
    namedExternalId: externalId && !isOwn ? externalIdTombstone(keys, externalId) : null,
  };
};

/** The hashes that earlier builds made of the same names; a request that they stored still has them. */
export const earlierHashes = (keys: MerchantKeys, { externalId, email }: PersonNames): Buffer[] => [
  ...(email ? emailTombstones(keys, email).slice(1) : []),
  ...(externalId ? externalIdTombstones(keys, externalId).slice(1) : []),
];
