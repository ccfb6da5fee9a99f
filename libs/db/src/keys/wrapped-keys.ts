import { randomBytes } from 'node:crypto';
import type { Reader } from '../transaction.ts';
import { KeyError, type Keyring } from './keyring.ts';

/** A merchant's unwrapped keys. `generation` stands in front of every value made with `dataKey`. */
export interface MerchantKeys {
  readonly generation: number;
  readonly dataKey: Buffer;
  readonly indexKey: Buffer;
}

/** A row of merchant_keys. */
export interface KeyRow {
  generation: number;
  /** Null, both of them: the keys were destroyed. */
  data_key: string | null;
  index_key: string | null;
}

/** Columns of a KeyRow. */
export const KEY_COLUMNS = 'generation, data_key, index_key';

export const newKey = (): Buffer => randomBytes(32);

/** @throws KeyError when they were destroyed, were changed or copied here, or the keyring has not their key */
export function unwrapKeys(keyring: Keyring, merchantId: string, row: KeyRow): MerchantKeys {
  const { generation, data_key, index_key } = row;
  if (data_key === null || index_key === null) {
    throw new KeyError(`the merchant's keys of generation ${generation} were destroyed`);
  }
  return {
    generation,
    dataKey: keyring.unwrap(data_key, context(merchantId, generation, 'data')),
    indexKey: keyring.unwrap(index_key, context(merchantId, generation, 'index')),
  };
}

/** The columns data_key and index_key, under the keyring's current key. */
export const wrapKeys = (keyring: Keyring, merchantId: string, keys: MerchantKeys): [string, string] => [
  keyring.wrap(keys.dataKey, context(merchantId, keys.generation, 'data')),
  keyring.wrap(keys.indexKey, context(merchantId, keys.generation, 'index')),
];

/** The merchant's newest row, destroyed or not. */
export async function newestKeyRow(reader: Reader, merchantId: string): Promise<KeyRow | undefined> {
  const [row] = await reader.query<KeyRow & Record<string, unknown>>(
    `select ${KEY_COLUMNS} from merchant_keys where merchant_id = $1 order by generation desc limit 1`,
    [merchantId],
  );
  return row;
}

/** In lower case, as PostgreSQL writes ids: wrapped under another spelling, keys open for nobody who reads the row. */
const context = (merchantId: string, generation: number, use: 'data' | 'index') =>
  `${merchantId.toLowerCase()}|${generation}|${use}`;
