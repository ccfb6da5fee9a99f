import { createHmac } from 'node:crypto';
import { sql, type Column, type SQL } from 'drizzle-orm';
import { type CustomerId, earlierExternalIds, type ExternalId, type MerchantId } from '@core/contracts';
import { earlierEmailHashes, emailHash, keyedHash, type MerchantKeys } from '@core/crypto';
import { erasureTombstones, many, ONE, oneOf, statement, type Tx } from '@core/db';
import type { PersonNames } from './person.ts';

/**
 * Returns the hash that identifies an erased email. It is computed from the blind index, because an erasure
 * by id knows only that. It is not the index itself, which must not be stored anywhere once the person is
 * erased.
 * @param blindIndex of emailHash
 */
export const emailTombstone = (keys: MerchantKeys, blindIndex: Buffer): Buffer =>
  createHmac('sha256', keys.indexKey).update('erased_email|').update(blindIndex).digest();

/** Returns the same for a plain email. */
export const emailTombstoneOf = (keys: MerchantKeys, email: string): Buffer =>
  emailTombstone(keys, emailHash(keys, email));

/** Returns the hash that identifies an erased external id. */
export const externalIdTombstone = (keys: MerchantKeys, externalId: ExternalId): Buffer =>
  keyedHash(keys, 'external_id', externalId);

/**
 * Returns all tombstones that an erasure of this email may have left: the present one, and those of earlier
 * builds.
 */
export const emailTombstones = (keys: MerchantKeys, email: string): Buffer[] =>
  [emailHash(keys, email), ...earlierEmailHashes(keys, email)].map((hash) => emailTombstone(keys, hash));

/** Returns the same for an external id. */
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
 * Returns the audit detail for a customer who is given these names: whether one of them was erased.
 * CreateCustomer checks this in the statement that writes the row.
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

/** The two tombstones in SQL, for values that are known as SQL only. @param key the index key, a parameter */
export const emailTombstoneInSql = (blindIndex: SQL | Column, key: SQL): SQL<Buffer> =>
  sql`hmac('erased_email|'::bytea || ${blindIndex}, ${key}, 'sha256')`;
export const externalIdTombstoneInSql = (externalId: SQL | Column, key: SQL): SQL<Buffer> =>
  sql`hmac(convert_to('external_id|' || ${externalId}, 'UTF8'), ${key}, 'sha256')`;

/** Hashes that identify a request later, when the names themselves may not be kept. */
export interface HashedNames {
  namedEmail: Buffer | null;
  namedExternalId: Buffer | null;
}

/**
 * Hashes the names of a request. If our own id found the person, the id alone identifies the request, and the
 * other names are not hashed. An unknown id will find no customer later either, so then the other names are
 * hashed.
 * @param found the customer that the names identify; null: none is stored yet
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

/**
 * Returns the hashes that earlier builds made of the same names; requests stored by those builds still have
 * them.
 */
export const earlierHashes = (keys: MerchantKeys, { externalId, email }: PersonNames): Buffer[] => [
  ...(email ? emailTombstones(keys, email).slice(1) : []),
  ...(externalId ? externalIdTombstones(keys, externalId).slice(1) : []),
];
