import { createHmac } from 'node:crypto';
import { emailHash, keyedHash, type MerchantKeys, type Tx } from '@core/db';
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
export const externalIdTombstone = (keys: MerchantKeys, externalId: string): Buffer =>
  keyedHash(keys, 'external_id', externalId);

/**
 * For the audit row of a customer who is given these names: whether one of them was erased. CreateCustomer asks in the
 * statement of its own that writes the row.
 */
export async function returnedDetail(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: string,
  { blindIndex, externalId }: { blindIndex?: Buffer | undefined; externalId?: string | undefined },
): Promise<{ returned_after_erasure?: true }> {
  if (!blindIndex && !externalId) return {};
  const [found] = await tx.query(
    `select from erasure_tombstones
      where merchant_id = $1 and (kind = 'email' and hash = $2 or kind = 'external_id' and hash = $3) limit 1`,
    [
      merchantId,
      blindIndex ? emailTombstone(keys, blindIndex) : null,
      externalId ? externalIdTombstone(keys, externalId) : null,
    ],
  );
  return found ? { returned_after_erasure: true } : {};
}
/** SQL of the two, for who has the hash alone. @param key SQL of the index key, a parameter: never its value */
export const emailTombstoneSql = (blindIndex: string, key: string): string =>
  `hmac('erased_email|'::bytea || ${blindIndex}, ${key}::bytea, 'sha256')`;
export const externalIdTombstoneSql = (externalId: string, key: string): string =>
  `hmac(convert_to('external_id|' || ${externalId}, 'UTF8'), ${key}::bytea, 'sha256')`;

/** What a request is to be known by later, when it may not keep the names themselves. */
export interface HashedNames {
  namedEmail: Buffer | null;
  namedExternalId: Buffer | null;
}

/** By our own id a person is named for good: then the others are not looked at, see findPerson. */
export const hashNames = (
  keys: MerchantKeys,
  { customerId, externalId, email }: PersonNames,
): HashedNames => ({
  namedEmail: email && !customerId ? emailTombstoneOf(keys, email) : null,
  namedExternalId: externalId && !customerId ? externalIdTombstone(keys, externalId) : null,
});
