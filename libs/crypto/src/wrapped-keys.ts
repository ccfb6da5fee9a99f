import { randomBytes } from 'node:crypto';
import { desc, eq } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, merchantKeys, statement, type Reader, type RowOf } from '@core/db';
import { KeyError, type Keyring } from './keyring.ts';

/** A merchant's unwrapped keys. `generation` prefixes every value encrypted with `dataKey`. */
export interface MerchantKeys {
  readonly generation: number;
  readonly dataKey: Buffer;
  readonly indexKey: Buffer;
}

/** A merchant's keys as stored; both are null when they were destroyed. */
export const KEY_ROW = {
  generation: merchantKeys.generation,
  dataKey: merchantKeys.dataKey,
  indexKey: merchantKeys.indexKey,
};
export type KeyRow = RowOf<typeof KEY_ROW>;

export const newKey = (): Buffer => randomBytes(32);

/**
 * Unwraps the keys of a row.
 * @throws KeyError when they were destroyed, changed or copied from another row, or the keyring lacks their
 * key
 */
export function unwrapKeys(keyring: Keyring, merchantId: MerchantId, row: KeyRow): MerchantKeys {
  const { generation, dataKey, indexKey } = row;
  if (dataKey === null || indexKey === null) {
    throw new KeyError(`the merchant's keys of generation ${generation} were destroyed`);
  }
  return {
    generation,
    dataKey: keyring.unwrap(dataKey, context(merchantId, generation, 'data')),
    indexKey: keyring.unwrap(indexKey, context(merchantId, generation, 'index')),
  };
}

/** Wraps both keys with the keyring's current key. */
export const wrapKeys = (
  keyring: Keyring,
  merchantId: MerchantId,
  keys: MerchantKeys,
): { dataKey: string; indexKey: string } => ({
  dataKey: keyring.wrap(keys.dataKey, context(merchantId, keys.generation, 'data')),
  indexKey: keyring.wrap(keys.indexKey, context(merchantId, keys.generation, 'index')),
});

const NEWEST = statement({
  params: { merchantId: merchantKeys.merchantId },
  row: KEY_ROW,
  text: (p, row) =>
    build
      .select(row)
      .from(merchantKeys)
      .where(eq(merchantKeys.merchantId, p.merchantId))
      .orderBy(desc(merchantKeys.generation))
      .limit(1),
});

/** Returns the merchant's newest row, even if its keys were destroyed. */
export const newestKeyRow = async (reader: Reader, merchantId: MerchantId): Promise<KeyRow | undefined> =>
  (await reader.run(NEWEST, { merchantId }))[0];

/** Uses the canonical merchant id: a reader of the row could not unwrap keys bound to another spelling. */
const context = (merchantId: MerchantId, generation: number, use: 'data' | 'index') =>
  `${merchantId}|${generation}|${use}`;
