import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import {
  createMerchantKeyStore,
  encryptEmailSql,
  inTransaction,
  parseKeyring,
  passphrase,
  readEmail,
  type MerchantKeys,
} from '../src/index.ts';
import { insertCustomer, merchant, newKeyStore, openDatabase } from './support.ts';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openDatabase()));
afterAll(() => close());

const storeEmail = (keys: MerchantKeys, merchantId: string, id: string, email: string) =>
  pool.query(
    `update customers set email = ${encryptEmailSql({
      merchantId: 'merchant_id',
      customerId: 'id',
      email: '$3::text',
      generation: '$4',
      passphrase: '$5',
    })} where merchant_id = $1 and id = $2`,
    [merchantId, id, email, keys.generation, passphrase(keys)],
  );
const stored = async (id: string): Promise<string> =>
  (await pool.query('select email from customers where id = $1', [id])).rows[0].email;

describe('merchant keys', () => {
  it('are made once, however many ask at once', async () => {
    const merchantId = merchant();
    const store = newKeyStore();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId))),
    );
    expect(new Set(all.map((keys) => keys.dataKey.toString('hex'))).size).toBe(1);
    const { rowCount } = await pool.query('select 1 from merchant_keys where merchant_id = $1', [merchantId]);
    expect(rowCount).toBe(1);
  });

  it('of a rolled-back transaction are forgotten', async () => {
    const merchantId = merchant();
    const store = newKeyStore();
    let lost: MerchantKeys | undefined;
    const rolledBack = inTransaction(pool, async (tx) => {
      lost = await store.findOrCreate(tx, merchantId);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    const kept = await inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId));
    expect(kept.dataKey).not.toEqual(lost?.dataKey);
    const anew = await inTransaction(pool, (tx) => store.find(tx, merchantId));
    expect(anew?.dataKey).toEqual(kept.dataKey);
  });

  it('do not unwrap under another keyring, with a clear error', async () => {
    const merchantId = merchant();
    await inTransaction(pool, (tx) => newKeyStore().findOrCreate(tx, merchantId));
    const other = createMerchantKeyStore(parseKeyring(`other:${randomBytes(32).toString('base64')}`));
    await expect(inTransaction(pool, (tx) => other.find(tx, merchantId))).rejects.toThrow(
      'key test is not in CORE_ENCRYPTION_KEYS',
    );
  });
});

describe('emails', () => {
  it('are stored as <generation>.<base64>, another value each time, and read back', async () => {
    const merchantId = merchant();
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

  it('copied into another row are rejected', async () => {
    const merchantId = merchant();
    const store = newKeyStore();
    const keys = await inTransaction(pool, (tx) => store.findOrCreate(tx, merchantId));
    const [from, to] = [await insertCustomer(pool, merchantId), await insertCustomer(pool, merchantId)];
    await storeEmail(keys, merchantId, from, 'ada@example.com');
    const copied = await stored(from);
    const read = inTransaction(pool, (tx) => readEmail(tx, store, { id: to, merchantId, email: copied }));
    await expect(read).rejects.toThrow('belongs to another customer');
  });
});
