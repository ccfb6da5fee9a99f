import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Reader, Tx } from '../transaction.ts';
import { KeyError, type Keyring } from './keyring.ts';

/** A merchant's unwrapped keys. `generation` stands in front of every value made with `dataKey`. */
export interface MerchantKeys {
  readonly generation: number;
  readonly dataKey: Buffer;
  readonly indexKey: Buffer;
}

export interface MerchantKeyStore {
  /** The merchant's current keys; null when it has none yet (so nothing of it is stored). */
  find(reader: Reader, merchantId: string): Promise<MerchantKeys | null>;
  /** The current keys, made in the caller's transaction when there are none. */
  findOrCreate(tx: Tx, merchantId: string): Promise<MerchantKeys>;
  /** The keys of an older generation. @throws KeyError when they are gone */
  ofGeneration(reader: Reader, merchantId: string, generation: number): Promise<MerchantKeys>;
}

type KeyRow = { generation: number; data_key: string; index_key: string };

// Short enough that destroyed keys are forgotten soon, long enough that hot merchants cost no query.
const CACHE_TTL_MS = 60_000;
const CACHE_ENTRIES = 10_000;

export function createMerchantKeyStore(keyring: Keyring): MerchantKeyStore {
  const cache = new LRUCache<string, MerchantKeys>({ max: CACHE_ENTRIES, ttl: CACHE_TTL_MS });

  const unwrap = (merchantId: string, row: KeyRow): MerchantKeys => ({
    generation: row.generation,
    dataKey: keyring.unwrap(row.data_key, wrapContext(merchantId, row.generation, 'data')),
    indexKey: keyring.unwrap(row.index_key, wrapContext(merchantId, row.generation, 'index')),
  });

  const select = async (reader: Reader, merchantId: string): Promise<MerchantKeys | null> => {
    const [row] = await reader.query<KeyRow>(
      `select generation, data_key, index_key from merchant_keys
        where merchant_id = $1 order by generation desc limit 1`,
      [merchantId],
    );
    return row ? unwrap(merchantId, row) : null;
  };

  const find = async (reader: Reader, merchantId: string) => {
    const cached = cache.get(merchantId);
    if (cached) return cached;
    // Not cached here: inside a transaction the row may be the transaction's own and roll back with it.
    return select(reader, merchantId);
  };

  return {
    find,
    async findOrCreate(tx, merchantId) {
      const found = await find(tx, merchantId);
      if (found) {
        tx.onCommit(() => cache.set(merchantId, found));
        return found;
      }
      // A concurrent creator makes this wait for its commit; then the select sees its keys.
      await tx.query(
        `insert into merchant_keys (merchant_id, generation, data_key, index_key)
         values ($1, 1, $2, $3) on conflict do nothing`,
        [
          merchantId,
          keyring.wrap(randomBytes(32), wrapContext(merchantId, 1, 'data')),
          keyring.wrap(randomBytes(32), wrapContext(merchantId, 1, 'index')),
        ],
      );
      const made = await select(tx, merchantId);
      if (!made) throw new KeyError('keys of the merchant vanished while they were made');
      tx.onCommit(() => cache.set(merchantId, made));
      return made;
    },
    async ofGeneration(reader, merchantId, generation) {
      const current = await find(reader, merchantId);
      if (current?.generation === generation) return current;
      const [row] = await reader.query<KeyRow>(
        `select generation, data_key, index_key from merchant_keys where merchant_id = $1 and generation = $2`,
        [merchantId, generation],
      );
      if (!row) throw new KeyError(`key generation ${generation} of the merchant is gone`);
      return unwrap(merchantId, row);
    },
  };
}

const wrapContext = (merchantId: string, generation: number, use: 'data' | 'index') =>
  `${merchantId}|${generation}|${use}`;
