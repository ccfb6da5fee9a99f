import { and, eq, sql, type SQL } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { MerchantId } from '@core/contracts';
import { build, insertValues, merchantKeys, statement, type Reader, type Tx } from '@core/db';
import { KeyError, type Keyring } from './keyring.ts';
import { holdMerchantKeys } from './lock-keys.ts';
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

/** Keys with the wrapped data key of their row, by which the row is known again. */
interface Unwrapped {
  dataKey: string | null;
  keys: MerchantKeys;
}

export interface MerchantKeyStore {
  /** The merchant's current keys; null when it has none: none yet, or they were destroyed. */
  find(reader: Reader, merchantId: MerchantId): Promise<MerchantKeys | null>;
  /** The current keys, to encrypt with: held until the transaction ends, and made in it when there are none. */
  findOrCreate(tx: Tx, merchantId: MerchantId): Promise<MerchantKeys>;
  /** As find, but as this process knew them up to KEY_CACHE_MS ago: without a query, and destroyed or replaced meanwhile. */
  recall(reader: Reader, merchantId: MerchantId): Promise<MerchantKeys | null>;
  /**
   * As findOrCreate, but as this process knew them up to KEY_CACHE_MS ago, and not held. For a statement that is sent
   * behind holdMerchantKeys and asks itself whether they still stand (keysStand).
   */
  recallOrCreate(tx: Tx, merchantId: MerchantId): Promise<MerchantKeys>;
  /** The keys of an older generation. @throws KeyError when they are gone, or were destroyed */
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
 * Age up to which a process recalls keys that another one has replaced or destroyed. Short enough that destroyed keys are
 * forgotten soon, long enough that hot merchants cost no query.
 */
export const KEY_CACHE_MS = 60_000;
const CACHE_ENTRIES = 10_000;

/** @param cacheMs shorter for a spec that waits for it */
export function createMerchantKeyStore(keyring: Keyring, cacheMs = KEY_CACHE_MS): MerchantKeyStore {
  const cache = new LRUCache<MerchantId, Unwrapped>({ max: CACHE_ENTRIES, ttl: cacheMs });

  const olderKeys = keptInTransactions();

  /** The keys of a row. Those of a row that is known are not unwrapped anew, which takes longer than to read it. */
  const unwrap = (merchantId: MerchantId, row: KeyRow): Unwrapped => {
    const known = cache.get(merchantId);
    return known?.dataKey === row.dataKey
      ? known
      : { dataKey: row.dataKey, keys: unwrapKeys(keyring, merchantId, row) };
  };
  // Not cached here: inside a transaction the row may be the transaction's own and roll back with it.
  const select = async (reader: Reader, merchantId: MerchantId): Promise<Unwrapped | null> => {
    const row = await newestKeyRow(reader, merchantId);
    return row?.dataKey ? unwrap(merchantId, row) : null;
  };
  const findOrCreate = async (tx: Tx, merchantId: MerchantId): Promise<MerchantKeys> => {
    // Sent together: the lock costs no round trip.
    const [, stored] = await Promise.all([holdMerchantKeys(tx, merchantId), select(tx, merchantId)]);
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
      // Not set anew: a merchant who is written to all the time would never hear of its next keys.
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
      if (!row) throw new KeyError(`key generation ${generation} of the merchant is gone`);
      const keys = unwrapKeys(keyring, merchantId, row);
      known.set(name, keys);
      return keys;
    },
  };
}

/**
 * The keys of generations that a transaction has read, kept until it ends: an erasure decrypts thousands of values, and a
 * query for each took it seconds. Outside of a transaction nothing is kept.
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

/** Whether the keys of a generation stand; not once they were destroyed. */
export const keysStand = (p: { merchantId: SQL; generation: SQL }): SQL<boolean> => sql`exists (
  select from ${merchantKeys}
   where ${merchantKeys.merchantId} = ${p.merchantId} and ${merchantKeys.generation} = ${p.generation}
     and ${merchantKeys.dataKey} is not null)`;

/** The first generation, or the one after what was destroyed: with an index key of its own, as the old one is lost. */
async function create(tx: Tx, keyring: Keyring, merchantId: MerchantId): Promise<KeyRow> {
  const newest = await newestKeyRow(tx, merchantId);
  // Somebody made them since they were looked for: a second pair would find nobody by the first one's blind index.
  if (newest?.dataKey) return newest;
  const generation = (newest?.generation ?? 0) + 1;
  const keys = { generation, dataKey: newKey(), indexKey: newKey() };
  // A concurrent creator makes this wait for its commit; then the select sees its keys.
  await tx.run(INSERT, { merchantId, generation, ...wrapKeys(keyring, merchantId, keys) });
  const made = await newestKeyRow(tx, merchantId);
  if (!made) throw new KeyError('keys of the merchant vanished while they were made');
  return made;
}
