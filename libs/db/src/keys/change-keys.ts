import { lockName } from '../advisory-lock.ts';
import { FIRST_UUID } from '../first-uuid.ts';
import type { Tx } from '../transaction.ts';
import type { Keyring } from './keyring.ts';
import {
  KEY_COLUMNS,
  newestKeyRow,
  newKey,
  unwrapKeys,
  wrapKeys,
  type KeyRow,
  type MerchantKeys,
} from './wrapped-keys.ts';

/**
 * Held until the transaction ends by whoever destroys a merchant's keys or adds a generation to them: a generation
 * that is added while the others are destroyed would keep the index key alive.
 */
export const lockMerchantKeys = (tx: Tx, merchantId: string): Promise<void> =>
  lockName(tx, `merchant_keys|${merchantId.toLowerCase()}`);

/**
 * Gives the merchant its next generation: another data key, and the same index key wrapped anew, because the hashes
 * of erased people cannot be made again. Writers use it as soon as they have forgotten the one before.
 * @returns null when there is nothing to follow: no keys, or they were destroyed
 * @throws KeyError when the newest keys do not unwrap
 */
export async function addGeneration(
  tx: Tx,
  keyring: Keyring,
  merchantId: string,
): Promise<MerchantKeys | null> {
  await lockMerchantKeys(tx, merchantId);
  const newest = await newestKeyRow(tx, merchantId);
  if (!newest?.data_key) return null;
  const { generation, indexKey } = unwrapKeys(keyring, merchantId, newest);
  const keys = { generation: generation + 1, dataKey: newKey(), indexKey };
  await tx.query(
    'insert into merchant_keys (merchant_id, generation, data_key, index_key) values ($1, $2, $3, $4)',
    [merchantId, keys.generation, ...wrapKeys(keyring, merchantId, keys)],
  );
  return keys;
}

/** Wraps one row's keys by the keyring's current key. @returns false when the row was destroyed meanwhile */
export async function rewrapKeys(
  tx: Tx,
  keyring: Keyring,
  merchantId: string,
  row: KeyRow,
): Promise<boolean> {
  const rewrapped = await tx.query(
    `update merchant_keys set data_key = $3, index_key = $4
      where merchant_id = $1 and generation = $2 and data_key = $5 and index_key = $6
     returning 1`,
    [
      merchantId,
      row.generation,
      ...wrapKeys(keyring, merchantId, unwrapKeys(keyring, merchantId, row)),
      row.data_key,
      row.index_key,
    ],
  );
  return rewrapped.length > 0;
}

/** Rows of merchant_keys with a key wrapped by another keyring key than the current one. */
export const wrappedByOthers = (
  tx: Tx,
  { currentId }: Keyring,
  after: KeyPlace | null,
  limit: number,
): Promise<(KeyRow & KeyPlace)[]> =>
  tx.query<KeyRow & KeyPlace & Record<string, unknown>>(
    `select merchant_id as "merchantId", ${KEY_COLUMNS} from merchant_keys
      where (merchant_id, generation) > ($2::uuid, $3::int)
        and (split_part(data_key, '.', 1) <> $1 or split_part(index_key, '.', 1) <> $1)
      order by merchant_id, generation limit $4 for update`,
    [currentId, after?.merchantId ?? FIRST_UUID, after?.generation ?? 0, limit],
  );

/** Of a row of merchant_keys. */
export interface KeyPlace {
  merchantId: string;
  generation: number;
}
