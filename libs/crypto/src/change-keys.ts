import { and, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, NIL_UUID, insertValues, limit, merchantKeys, ONE, statement, text, type Tx } from '@core/db';
import type { Keyring } from './keyring.ts';
import { lockMerchantKeys } from './lock-keys.ts';
import {
  KEY_ROW,
  newestKeyRow,
  newKey,
  unwrapKeys,
  wrapKeys,
  type KeyRow,
  type MerchantKeys,
} from './wrapped-keys.ts';

const KEY_REF = { merchantId: merchantKeys.merchantId, generation: merchantKeys.generation };
const KEYS = { dataKey: merchantKeys.dataKey, indexKey: merchantKeys.indexKey };

const INSERT = statement({ params: { ...KEY_REF, ...KEYS }, text: (p) => insertValues(merchantKeys, p) });

/**
 * Adds the merchant's next key generation: a new data key, and the same index key wrapped again. The index
 * key must stay, because the hashes of erased people cannot be recomputed. Writers use the new generation as
 * soon as their cached keys expire.
 * @returns null when there is no generation to follow: the merchant has no keys, or they were destroyed
 * @throws KeyError when the newest keys cannot be unwrapped
 */
export async function addGeneration(
  tx: Tx,
  keyring: Keyring,
  merchantId: MerchantId,
): Promise<MerchantKeys | null> {
  await lockMerchantKeys(tx, merchantId);
  const newest = await newestKeyRow(tx, merchantId);
  if (!newest?.dataKey) return null;
  const { generation, indexKey } = unwrapKeys(keyring, merchantId, newest);
  const keys = { generation: generation + 1, dataKey: newKey(), indexKey };
  await tx.run(INSERT, { merchantId, generation: keys.generation, ...wrapKeys(keyring, merchantId, keys) });
  return keys;
}

const REWRAP = statement({
  params: { ...KEY_REF, ...KEYS, knownDataKey: merchantKeys.dataKey, knownIndexKey: merchantKeys.indexKey },
  row: ONE,
  text: (p, row) =>
    build
      .update(merchantKeys)
      .set({ dataKey: p.dataKey, indexKey: p.indexKey })
      .where(
        and(
          eq(merchantKeys.merchantId, p.merchantId),
          eq(merchantKeys.generation, p.generation),
          eq(merchantKeys.dataKey, p.knownDataKey),
          eq(merchantKeys.indexKey, p.knownIndexKey),
        ),
      )
      .returning(row),
});

/**
 * Rewraps one row's keys with the keyring's current key. @returns false when they were destroyed meanwhile
 */
export async function rewrapKeys(
  tx: Tx,
  keyring: Keyring,
  merchantId: MerchantId,
  row: KeyRow,
): Promise<boolean> {
  const rewrapped = await tx.run(REWRAP, {
    merchantId,
    generation: row.generation,
    knownDataKey: row.dataKey,
    knownIndexKey: row.indexKey,
    ...wrapKeys(keyring, merchantId, unwrapKeys(keyring, merchantId, row)),
  });
  return rewrapped.length > 0;
}

const FIND_KEYS_TO_REWRAP = statement({
  crosses: 'keys',
  params: { ...KEY_REF, currentId: text, limit },
  row: { merchantId: merchantKeys.merchantId, ...KEY_ROW },
  text: (p, row) => sql`
    select ${row} from ${merchantKeys}
     where (${merchantKeys.merchantId}, ${merchantKeys.generation}) > (${p.merchantId}, ${p.generation})
       and (split_part(${merchantKeys.dataKey}, '.', 1) <> ${p.currentId}
            or split_part(${merchantKeys.indexKey}, '.', 1) <> ${p.currentId})
     order by ${merchantKeys.merchantId}, ${merchantKeys.generation} limit ${p.limit} for update`,
});

/** Returns rows of merchant_keys with a key that is wrapped with a keyring key other than the current one. */
export const findKeysToRewrap = (
  tx: Tx,
  { currentId }: Keyring,
  after: KeyRef | null,
  most: number,
): Promise<(KeyRow & KeyRef)[]> =>
  tx.run(FIND_KEYS_TO_REWRAP, {
    currentId,
    merchantId: after?.merchantId ?? NIL_UUID,
    generation: after?.generation ?? 0,
    limit: most,
  });

/** Identifies a row of merchant_keys. */
export interface KeyRef {
  merchantId: MerchantId;
  generation: number;
}
