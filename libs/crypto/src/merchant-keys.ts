import { and, eq, sql, type SQL } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { MerchantId } from '@core/contracts';
import { build, insertValues, merchantKeys, statement, type Reader, type Tx } from '@core/db';
import { KeyError, type Keyring } from './keyring.ts';
import { lockMerchantKeysShared } from './lock-keys.ts';
import {
  KEY_ROW,
  newestKeyRow,
  newKey,
  unwrapKeys,
  wrapKeys,
  type KeyRow,
  type MerchantKeys,
} from './wrapped-keys.ts';

export type { MerchantKeys };

/** Keys with the wrapped data key of their row, by which a later read recognizes the same row. */
interface Unwrapped {
  dataKey: string | null;
  keys: MerchantKeys;
}

export interface MerchantKeyStore {
  /** Returns the merchant's current keys; null when none exist yet, or they were destroyed. */
  find(reader: Reader, merchantId: MerchantId): Promise<MerchantKeys | null>;
  /**
   * Returns the current keys for encryption. They are held until the transaction ends, and created in it when
   * there are none.
   */
  findOrCreate(tx: Tx, merchantId: MerchantId): Promise<MerchantKeys>;
  /**
   * As find, but from this process's cache of KEY_CACHE_MS. A cached result costs no query, and its keys may
   * have been destroyed or replaced since.
   */
  recall(reader: Reader, merchantId: MerchantId): Promise<MerchantKeys | null>;
  /**
   * As findOrCreate, but from the cache as in recall, and the keys are not held. For a statement that is sent
   * after lockMerchantKeysShared and checks itself that the keys still exist (keysExist).
   */
  recallOrCreate(tx: Tx, merchantId: MerchantId): Promise<MerchantKeys>;
  /** Returns the keys of an older generation. @throws KeyError when they are missing, or were destroyed */
  ofGeneration(reader: Reader, merchantId: MerchantId, generation: number): Promise<MerchantKeys>;
}

const OF_GENERATION = statement({
  params: { merchantId: merchantKeys.merchantId, generation: merchantKeys.generation },
  row: KEY_ROW,
  text: (p, row) =>
    build
      .select(row)
      .from(merchantKeys)
      .where(and(eq(merchantKeys.merchantId, p.merchantId), eq(merchantKeys.generation, p.generation))),
});

/**
 * How long a process may use cached keys that another process has replaced or destroyed. Short enough that
 * destroyed keys are forgotten soon, long enough that busy merchants cost no query.
 */
export const KEY_CACHE_MS = 60_000;
const CACHE_ENTRIES = 10_000;

/** @param cacheMs shorter in a spec that waits for the expiry */
export function createMerchantKeyStore(keyring: Keyring, cacheMs = KEY_CACHE_MS): MerchantKeyStore {
  const cache = new LRUCache<MerchantId, Unwrapped>({ max: CACHE_ENTRIES, ttl: cacheMs });

  const olderKeys = keptInTransactions();

  /**
   * Returns the keys of a row. Keys of a cached row are not unwrapped again, which takes longer than reading
   * the row.
   */
  const unwrap = (merchantId: MerchantId, row: KeyRow): Unwrapped => {
    const known = cache.get(merchantId);
    return known?.dataKey === row.dataKey
      ? known
      : { dataKey: row.dataKey, keys: unwrapKeys(keyring, merchantId, row) };
  };
  // Not cached here: inside a transaction the row may be its own and roll back with it.
  const select = async (reader: Reader, merchantId: MerchantId): Promise<Unwrapped | null> => {
    const row = await newestKeyRow(reader, merchantId);
    return row?.dataKey ? unwrap(merchantId, row) : null;
  };
  const findOrCreate = async (tx: Tx, merchantId: MerchantId): Promise<MerchantKeys> => {
    // Sent together: the lock costs no round trip.
    const [, stored] = await Promise.all([lockMerchantKeysShared(tx, merchantId), select(tx, merchantId)]);
    const found = stored ?? unwrap(merchantId, await create(tx, keyring, merchantId));
    tx.onCommit(() => cache.set(merchantId, found));
    return found.keys;
  };

  return {
    async find(reader, merchantId) {
      return (await select(reader, merchantId))?.keys ?? null;
    },
    findOrCreate,
    async recall(reader, merchantId) {
      return (cache.get(merchantId) ?? (await select(reader, merchantId)))?.keys ?? null;
    },
    async recallOrCreate(tx, merchantId) {
      // A hit does not renew the entry. For a merchant with constant writes it would never expire, and the
      // next keys would never be read.
      return cache.get(merchantId)?.keys ?? findOrCreate(tx, merchantId);
    },
    async ofGeneration(reader, merchantId, generation) {
      if (!Number.isInteger(generation)) throw new KeyError('stored value has no key generation');
      const recalled = cache.get(merchantId)?.keys;
      if (recalled?.generation === generation) return recalled;
      const known = olderKeys.of(reader);
      const name = `${merchantId}|${generation}`;
      const before = known.get(name);
      if (before) return before;
      const [row] = await reader.run(OF_GENERATION, { merchantId, generation });
      if (!row) throw new KeyError(`key generation ${generation} of the merchant does not exist`);
      const keys = unwrapKeys(keyring, merchantId, row);
      known.set(name, keys);
      return keys;
    },
  };
}

/**
 * Keeps the keys of generations that a transaction has read until it ends. An erasure decrypts thousands of
 * values, and a query for each took seconds. Outside of a transaction nothing is kept.
 */
function keptInTransactions() {
  const kept = new WeakMap<Reader, Map<string, MerchantKeys>>();
  return {
    of(reader: Reader): Map<string, MerchantKeys> {
      const known = kept.get(reader) ?? new Map<string, MerchantKeys>();
      if ('onCommit' in reader) kept.set(reader, known);
      return known;
    },
  };
}

const INSERT = statement({
  params: {
    merchantId: merchantKeys.merchantId,
    generation: merchantKeys.generation,
    dataKey: merchantKeys.dataKey,
    indexKey: merchantKeys.indexKey,
  },
  text: (p) => sql`${insertValues(merchantKeys, p)} on conflict do nothing`,
});

/** SQL condition that the keys of a generation exist and were not destroyed. */
export const keysExist = (p: { merchantId: SQL; generation: SQL }): SQL<boolean> => sql`exists (
  select from ${merchantKeys}
   where ${merchantKeys.merchantId} = ${p.merchantId} and ${merchantKeys.generation} = ${p.generation}
     and ${merchantKeys.dataKey} is not null)`;

/**
 * Creates the first generation, or the next one after destroyed keys. It gets a new index key, because the
 * old one is lost.
 */
async function create(tx: Tx, keyring: Keyring, merchantId: MerchantId): Promise<KeyRow> {
  const newest = await newestKeyRow(tx, merchantId);
  // Another transaction created keys since the first query. A second index key would find no customer by the
  // blind index of the first.
  if (newest?.dataKey) return newest;
  const generation = (newest?.generation ?? 0) + 1;
  const keys = { generation, dataKey: newKey(), indexKey: newKey() };
  // Waits for the commit of a concurrent creator; the select below then sees its keys.
  await tx.run(INSERT, { merchantId, generation, ...wrapKeys(keyring, merchantId, keys) });
  const made = await newestKeyRow(tx, merchantId);
  if (!made) throw new KeyError("the merchant's keys disappeared while they were being created");
  return made;
}
