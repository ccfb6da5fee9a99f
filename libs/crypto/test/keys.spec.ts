// tag: compliance
import { randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { aMerchantId, insertCustomer, openCoreDatabase, waitUntil } from '@core/testing';
import {
  addGeneration,
  createMerchantKeyStore,
  encryptEmail,
  KeyError,
  lockMerchantKeys,
  parseKeyring,
  passphrase,
  readEmail,
  type MerchantKeys,
} from '../src/index.ts';
import {
  build,
  customers,
  int,
  inTransaction,
  migrateDatabase,
  readerOf,
  runOn,
  statement,
  text,
} from '@core/db';

const newKeyStore = () => createMerchantKeyStore(parseKeyring(`test:${randomBytes(32).toString('base64')}`));

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openCoreDatabase(migrateDatabase)));
afterAll(() => close());

const STORE_EMAIL = statement({
  params: {
    merchantId: customers.merchantId,
    id: customers.id,
    email: text,
    generation: int,
    passphrase: text,
  },
  text: (p) =>
    build
      .update(customers)
      .set({ email: encryptEmail({ ...p, customerId: customers.id, merchantId: customers.merchantId }) })
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id))),
});
const storeEmail = (keys: MerchantKeys, merchantId: MerchantId, id: string, email: string) =>
  runOn(pool, STORE_EMAIL, {
    merchantId,
    id,
    email,
    generation: keys.generation,
    passphrase: passphrase(keys),
  });
const stored = async (id: string): Promise<string> =>
  (await pool.query('select email from customers where id = $1', [id])).rows[0].email;

describe('merchant keys', () => {
  it('are created once for concurrent callers', async () => {
    const merchantId = aMerchantId();
    const store = newKeyStore();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId))),
    );
    expect(new Set(all.map((keys) => keys.dataKey.toString('hex'))).size).toBe(1);
    const { rowCount } = await pool.query('select 1 from merchant_keys where merchant_id = $1', [merchantId]);
    expect(rowCount).toBe(1);
  });

  it('are forgotten when their transaction rolls back', async () => {
    const merchantId = aMerchantId();
    const store = newKeyStore();
    let lost: MerchantKeys | undefined;
    const rolledBack = inTransaction(pool, async (tx) => {
      lost = await store.findOrCreate(tx, merchantId);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    const kept = await inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId));
    expect(kept.dataKey).not.toEqual(lost?.dataKey);
    const found = await inTransaction(pool, (tx) => store.find(tx, merchantId));
    expect(found?.dataKey).toEqual(kept.dataKey);
  });

  it('are the same for every spelling of the merchant id', async () => {
    const merchantId = aMerchantId();
    const keyring = parseKeyring(`test:${randomBytes(32).toString('base64')}`);
    const newStore = () => createMerchantKeyStore(keyring);
    const store = newStore();
    const shouted = aMerchantId(merchantId.toUpperCase());
    const made = await inTransaction(pool, (tx) => store.findOrCreate(tx, shouted));
    const id = await insertCustomer(pool, merchantId);
    await storeEmail(made, merchantId, id, 'ada@example.com');
    for (const [nth, spelling] of [merchantId, shouted].entries()) {
      for (const each of [store, newStore()]) {
        const found = await inTransaction(pool, (tx) => each.find(tx, spelling));
        const old = await inTransaction(pool, (tx) => each.ofGeneration(tx, spelling, 1));
        expect([nth, found, old]).toEqual([nth, made, made]);
        const row = { id, merchantId: spelling, email: await stored(id) };
        expect(await inTransaction(pool, (tx) => readEmail(tx, each, row))).toBe('ada@example.com');
      }
    }
    // Both spellings share one cache entry.
    expect(await inTransaction(pool, (tx) => store.find(tx, merchantId))).toBe(made);
  });

  it('of a generation are read once per transaction, and again in the next one', async () => {
    const merchantId = aMerchantId();
    const keyring = parseKeyring(`test:${randomBytes(32).toString('base64')}`);
    await inTransaction(pool, (tx) => createMerchantKeyStore(keyring).findOrCreate(tx, merchantId));
    const store = createMerchantKeyStore(keyring);
    const readTwice = () =>
      inTransaction(pool, async (tx) => {
        let queries = 0;
        const counted: typeof tx = {
          ...tx,
          ...readerOf((...args) => {
            queries++;
            return tx.query(...args);
          }),
        };
        const keys = [
          await store.ofGeneration(counted, merchantId, 1),
          await store.ofGeneration(counted, aMerchantId(merchantId.toUpperCase()), 1),
        ];
        expect(keys[1]).toBe(keys[0]);
        return queries;
      });
    expect([await readTwice(), await readTwice()]).toEqual([1, 1]);
    await pool.query(
      'update merchant_keys set data_key = null, index_key = null, destroyed_at = now() where merchant_id = $1',
      [merchantId],
    );
    await expect(readTwice()).rejects.toThrow('were destroyed');
  });

  it('do not unwrap under another keyring, with a clear error', async () => {
    const merchantId = aMerchantId();
    await inTransaction(pool, (tx) => newKeyStore().findOrCreate(tx, merchantId));
    const other = createMerchantKeyStore(parseKeyring(`other:${randomBytes(32).toString('base64')}`));
    await expect(inTransaction(pool, (tx) => other.find(tx, merchantId))).rejects.toThrow(
      'key test is not in CORE_ENCRYPTION_KEYS',
    );
  });
});

describe('destroyed keys', () => {
  const destroy = (merchantId: MerchantId) =>
    pool.query(
      'update merchant_keys set data_key = null, index_key = null, destroyed_at = now() where merchant_id = $1',
      [merchantId],
    );
  const find = (merchantId: MerchantId) => inTransaction(pool, (tx) => newKeys().find(tx, merchantId));
  const ofGeneration = (merchantId: MerchantId, generation: number) =>
    inTransaction(pool, (tx) => newKeys().ofGeneration(tx, merchantId, generation));
  const keyring = parseKeyring(`test:${randomBytes(32).toString('base64')}`);
  /** Like another process: nothing is cached. */
  const newKeys = () => createMerchantKeyStore(keyring);
  const findOrCreate = (merchantId: MerchantId) =>
    inTransaction(pool, (tx) => newKeys().findOrCreate(tx, merchantId));

  it('are not found, and what they encrypted is permanently unreadable', async () => {
    const merchantId = aMerchantId();
    await findOrCreate(merchantId);
    await destroy(merchantId);
    expect(await find(merchantId)).toBeNull();
    await expect(ofGeneration(merchantId, 1)).rejects.toThrow(KeyError);
    await expect(ofGeneration(merchantId, 1)).rejects.toThrow(
      "the merchant's keys of generation 1 were destroyed",
    );
    await expect(ofGeneration(merchantId, 2)).rejects.toThrow(
      'key generation 2 of the merchant does not exist',
    );
    await expect(ofGeneration(merchantId, NaN)).rejects.toThrow('stored value has no key generation');
    expect(await inTransaction(pool, (tx) => addGeneration(tx, keyring, merchantId))).toBeNull();
  });

  it('are replaced once with unrelated keys for concurrent callers', async () => {
    const merchantId = aMerchantId();
    const before = await findOrCreate(merchantId);
    await destroy(merchantId);
    const [after, ...others] = await Promise.all(Array.from({ length: 5 }, () => findOrCreate(merchantId)));
    expect(after!.generation).toBe(2);
    for (const other of others) expect(other).toEqual(after);
    expect(after!.dataKey).not.toEqual(before.dataKey);
    expect(after!.indexKey).not.toEqual(before.indexKey);
    expect(await find(merchantId)).toEqual(after);
    await expect(ofGeneration(merchantId, 1)).rejects.toThrow('were destroyed');
  });

  it('stay destroyed when a generation is added at the same time', async () => {
    const merchantId = aMerchantId();
    await findOrCreate(merchantId);
    const destroying = inTransaction(pool, async (tx) => {
      await lockMerchantKeys(tx, merchantId);
      // Waits for this transaction, as a transaction that destroys keys would wait for it.
      const adding = inTransaction(pool, (other) => addGeneration(other, keyring, merchantId));
      await tx.query(
        'update merchant_keys set data_key = null, index_key = null, destroyed_at = now() where merchant_id = $1',
        [merchantId],
      );
      return { adding };
    });
    expect(await (await destroying).adding).toBeNull();
    expect(await find(merchantId)).toBeNull();
  });
});

describe('a new generation', () => {
  it('has another data key and the same index key, wrapped again', async () => {
    const merchantId = aMerchantId();
    const keyring = parseKeyring(`test:${randomBytes(32).toString('base64')}`);
    const newStore = () => createMerchantKeyStore(keyring);
    const before = await inTransaction(pool, (tx) => newStore().findOrCreate(tx, merchantId));
    await inTransaction(pool, (tx) => addGeneration(tx, keyring, merchantId));
    const after = await inTransaction(pool, (tx) => newStore().findOrCreate(tx, merchantId));
    expect(after.generation).toBe(2);
    expect(after.dataKey).not.toEqual(before.dataKey);
    expect(after.indexKey).toEqual(before.indexKey);
    expect(await inTransaction(pool, (tx) => newStore().ofGeneration(tx, merchantId, 1))).toEqual(before);
    const { rows } = await pool.query('select distinct index_key from merchant_keys where merchant_id = $1', [
      merchantId,
    ]);
    expect(rows).toHaveLength(2);
  });

  it('is used at once by find, and after the cache expires by a process that recalls keys all the time', async () => {
    const merchantId = aMerchantId();
    const keyring = parseKeyring(`test:${randomBytes(32).toString('base64')}`);
    const busy = createMerchantKeyStore(keyring, 300);
    const write = () => inTransaction(pool, (tx) => busy.recallOrCreate(tx, merchantId));
    expect((await write()).generation).toBe(1);
    await inTransaction(pool, (tx) => addGeneration(tx, keyring, merchantId));
    expect(await inTransaction(pool, (tx) => busy.find(tx, merchantId))).toMatchObject({ generation: 2 });
    await waitUntil(async () => (await write()).generation === 2, {
      what: 'the cache to expire',
      everyMs: 1,
    });
  });
});

describe('emails', () => {
  it('are stored as <generation>.<base64>, a different value each time, and read back', async () => {
    const merchantId = aMerchantId();
    const store = newKeyStore();
    const keys = await inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId));
    const id = await insertCustomer(pool, merchantId);
    await storeEmail(keys, merchantId, id, 'Ada@example.com');
    const first = await stored(id);
    await storeEmail(keys, merchantId, id, 'Ada@example.com');
    const second = await stored(id);
    expect(first).toMatch(/^1\.[A-Za-z0-9+/]+=*$/);
    expect(second).not.toBe(first);
    const read = await inTransaction(pool, (tx) => readEmail(tx, store, { id, merchantId, email: second }));
    expect(read).toBe('Ada@example.com');
  });

  it('are rejected when copied into another row', async () => {
    const merchantId = aMerchantId();
    const store = newKeyStore();
    const keys = await inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId));
    const [from, to] = [await insertCustomer(pool, merchantId), await insertCustomer(pool, merchantId)];
    await storeEmail(keys, merchantId, from, 'ada@example.com');
    const copied = await stored(from);
    const read = inTransaction(pool, (tx) => readEmail(tx, store, { id: to, merchantId, email: copied }));
    await expect(read).rejects.toThrow('belongs to another customer');
  });
});
