// tag: compliance
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import { createMerchantKeyStore, KeyError, parseKeyring, readEmail } from '@core/crypto';
import { inTransaction } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import {
  connectShop,
  createCustomer,
  getCustomer,
  decryptWebhookBody,
  readKeyStatus,
  readStoredToken,
  receiveWebhook,
  retireKey,
  rewrapMerchants,
  rotateMerchants,
  updateCustomer,
  type CommandContext,
  type RotationProgress,
} from '../src/index.ts';
import { merchant, openWorld, rowsOf, type World } from './support.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [first, second] = [key('first'), key('second')];
const keyring = parseKeyring(first);
/** A process of the service forgets keys after CACHE_MS, and a rotation waits for KEPT_MS. */
const CACHE_MS = 500;
const KEPT_MS = 8_000;

let world: World;
beforeAll(async () => (world = await openWorld('core_api')));
afterAll(() => world.close());

const actor = { caller: 'ops:spec', requestId: randomUUID() };
const contextOf = (ring = first, cacheMs = CACHE_MS): CommandContext => ({
  caller: 'spec',
  requestId: randomUUID(),
  keys: createMerchantKeyStore(parseKeyring(ring), cacheMs),
});
const ctx = contextOf();
const create = (merchantId: MerchantId, email: string, as = ctx) =>
  world.run(async (tx) => (await createCustomer(tx, as, { merchantId, email })).customerId, merchantId);
const emailOf = (merchantId: MerchantId, customerId: CustomerId, as = ctx) =>
  world.run(async (tx) => {
    const row = await getCustomer(tx, { merchantId, customerId });
    return readEmail(tx, as.keys, row);
  }, merchantId);
const generations = async (merchantId: MerchantId) =>
  (await rowsOf(world, merchantId)).map(({ email }) => email?.split('.')[0]);
const keyRows = async (merchantId: MerchantId): Promise<number[]> =>
  (
    await world.owner.query<{ generation: number }>(
      'select generation from merchant_keys where merchant_id = $1 order by generation',
      [merchantId],
    )
  ).rows.map(({ generation }) => generation);
const audited = async (merchantId: MerchantId, action: string) =>
  (
    await world.owner.query(
      'select actor, detail from audit_log where merchant_id = $1 and action = $2 order by id',
      [merchantId, action],
    )
  ).rows;

interface Run {
  batch?: number;
  keptMs?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Readonly<RotationProgress>) => void;
}
const rotate = (merchantId: MerchantId, run: Run = {}) =>
  rotateMerchants({
    pool: world.owner,
    keyring,
    keys: createMerchantKeyStore(keyring),
    actor,
    merchantId,
    keptMs: 0,
    signal: AbortSignal.timeout(600_000),
    ...run,
  });

describe('a deep rotation', () => {
  it('continues through traffic and a stop: every email is read back correctly, and none stays under the old key', async () => {
    const merchantId = merchant();
    const still = new Map<CustomerId, string>();
    for (let n = 0; n < 300; n++) {
      const email = `still-${n}@example.com`;
      still.set(await create(merchantId, email), email);
    }
    const before = new Map((await rowsOf(world, merchantId)).map((row) => [row.id, row]));
    const known = new Map<CustomerId, string>();
    const changes = new Map<CustomerId, number>();
    let reads = 0;
    let running = true;
    // Like separate processes: each writer has its own cache, and writes to its own customers.
    const writer = async (name: number) => {
      const as = contextOf();
      const own: CustomerId[] = [];
      for (let n = 0; running; n++) {
        const email = `writer-${name}-${n}@example.com`;
        const customerId = own[randomInt(2 * own.length + 1)];
        if (customerId) {
          await world.run((tx) => updateCustomer(tx, as, { merchantId, customerId, email }), merchantId);
          changes.set(customerId, (changes.get(customerId) ?? 0) + 1);
          known.set(customerId, email);
        } else {
          const id = await create(merchantId, email, as);
          known.set(id, email);
          own.push(id);
        }
      }
    };
    const reader = async () => {
      const as = contextOf();
      const ids = [...still.keys()];
      while (running) {
        const id = ids[randomInt(ids.length)]!;
        expect(await emailOf(merchantId, id, as)).toBe(still.get(id));
        reads++;
      }
    };
    const traffic = Promise.all([writer(1), writer(2), reader(), reader()]);
    // Prevents an unhandled rejection if the traffic fails before it is awaited at the end.
    traffic.catch(() => undefined);
    try {
      await waitUntil(() => known.size > 20 && reads > 20, { what: 'traffic' });

      const stop = new AbortController();
      const stopped = rotate(merchantId, {
        batch: 20,
        keptMs: KEPT_MS,
        signal: stop.signal,
        onProgress: ({ rows }) => rows >= 60 && stop.abort(new Error('killed')),
      });
      await expect(stopped).rejects.toThrow('killed');
      const half = await generations(merchantId);
      expect(half.filter((each) => each === '2').length).toBeGreaterThanOrEqual(60);
      expect(half).toContain('1');
      const readsBefore = reads;
      const { rows } = await world.owner.query(
        'select rows::int, cursor from key_rotations where merchant_id = $1',
        [merchantId],
      );
      expect(rows).toEqual([{ rows: expect.any(Number), cursor: expect.any(String) }]);

      const done = await rotate(merchantId, { keptMs: KEPT_MS });
      expect(done).toMatchObject({ merchants: 1, finished: 1, unreadable: [], misplaced: [] });
      expect(done.rows).toBeGreaterThanOrEqual(still.size);
      expect(reads).toBeGreaterThan(readsBefore);
    } finally {
      running = false;
      await traffic;
    }

    expect(new Set(await generations(merchantId))).toEqual(new Set(['2']));
    expect(await keyRows(merchantId)).toEqual([2]);
    for (const [id, email] of [...still, ...known]) expect(await emailOf(merchantId, id)).toBe(email);
    for (const row of await rowsOf(world, merchantId)) {
      const was = before.get(row.id);
      if (!was) {
        expect(row.version).toBe(1 + (changes.get(row.id) ?? 0));
        continue;
      }
      expect(row).toEqual({ ...was, email: row.email });
      expect(row.email).not.toBe(was.email);
    }
    const { rows: events } = await world.owner.query<{ n: number }>(
      'select count(*)::int as n from outbox_events where merchant_id = $1',
      [merchantId],
    );
    const written = [...changes.values()].reduce((sum, n) => sum + n, still.size + known.size);
    expect(events[0]!.n).toBe(written);
    expect(await audited(merchantId, 'keys.rotate')).toEqual([
      { actor: 'ops:spec', detail: { step: 'begun', generation: 2 } },
      { actor: 'ops:spec', detail: { step: 'finished', generation: 2, rows: expect.any(Number) } },
    ]);
  });

  it('finds what a process with the old key in its cache writes at the last moment', async () => {
    const merchantId = merchant();
    const stale = contextOf(first, 600_000);
    await create(merchantId, 'one@example.com', stale);
    let late: Promise<CustomerId> | undefined;
    await rotate(merchantId, {
      keptMs: KEPT_MS,
      onProgress: ({ waitingMs }) => {
        if (waitingMs > 0) late ??= create(merchantId, 'late@example.com', stale);
      },
    });
    expect(await generations(merchantId)).toEqual(['2', '2']);
    expect(await emailOf(merchantId, await late!)).toBe('late@example.com');
  });

  it('re-encrypts tokens and webhooks', async () => {
    const merchantId = merchant();
    const shop = `${randomUUID()}.myshopify.com`;
    const shopId = String(shopIdOf(shop));
    const webhook = { shop, topic: 'customers/update', eventId: randomUUID() } as const;
    const tokens = { accessToken: 'access', refreshToken: 'refresh', expiresAt: new Date() };
    await world.run((tx) => connectShop(tx, ctx, { merchantId, shop, shopId, ...tokens }), merchantId);
    await world.run(
      (tx) => receiveWebhook(tx, ctx, { merchantId, shopId, ...webhook, body: Buffer.from('{"id":1}') }),
      merchantId,
    );
    await rotate(merchantId);
    expect(await keyRows(merchantId)).toEqual([2]);
    const token = await world.run((tx) => readStoredToken(tx, ctx, { merchantId, shop }), merchantId);
    expect(token).toMatchObject({ accessToken: 'access', refreshable: true });
    const { rows } = await world.owner.query<{ body: string; refresh: string }>(
      `select body, refresh_token as refresh from webhook_events join shopify_connections using (shop) where shop = $1`,
      [shop],
    );
    expect(rows[0]!.refresh).toMatch(/^2\./);
    const decrypted = await world.run(
      (tx) => decryptWebhookBody(tx, ctx, { merchantId, ...webhook, body: rows[0]!.body }),
      merchantId,
    );
    expect(decrypted.toString()).toBe('{"id":1}');
  });

  it('rotates no merchant a second time when a run of all merchants was killed near its end', async () => {
    const ids = [merchant(), merchant()].sort();
    for (const each of ids) await create(each, 'ada@example.com');
    const stop = new AbortController();
    const all = { pool: world.owner, keyring, keys: createMerchantKeyStore(keyring), actor, keptMs: 0 };
    const one = rotateMerchants({
      ...all,
      signal: stop.signal,
      onProgress: ({ finished }) => finished === 1 && stop.abort(new Error('killed')),
    });
    await expect(one).rejects.toThrow('killed');
    await rotateMerchants({ ...all, signal: AbortSignal.timeout(600_000) });
    for (const each of ids) {
      expect(await keyRows(each)).toEqual([2]);
      expect(await generations(each)).toEqual(['2']);
    }
    expect((await inTransaction(world.owner, readKeyStatus)).rotations).toEqual([]);
  });

  it('keeps an unreadable value and its key, and rotates the others', async () => {
    const merchantId = merchant();
    const ids: CustomerId[] = [];
    for (let n = 0; n < 7; n++) ids.push(await create(merchantId, `p${n}@example.com`));
    const broken = ids[3]!;
    await world.owner.query(
      `update customers set email = (select substr(email, 1, 60) || reverse(substr(email, 61)) from customers where id = $1)
        where id = $1`,
      [broken],
    );
    const done = await rotate(merchantId, { batch: 3 });
    expect(done).toMatchObject({
      merchants: 1,
      finished: 0,
      unreadable: [`merchant ${merchantId}: email of customer ${broken}`],
    });
    expect((await generations(merchantId)).filter((each) => each === '2')).toHaveLength(6);
    expect(await keyRows(merchantId)).toEqual([1, 2]);
    await expect(emailOf(merchantId, broken)).rejects.toThrow(KeyError);
    await expect(emailOf(merchantId, broken)).rejects.toThrow('cannot be decrypted');
    expect(await emailOf(merchantId, ids[4]!)).toBe('p4@example.com');
  });

  it('reports values that belong to another row, before and after', async () => {
    const merchantId = merchant();
    const [a, b] = [await create(merchantId, 'a@example.com'), await create(merchantId, 'b@example.com')];
    await world.owner.query(
      `update customers c set email = other.email from customers other
        where c.id = any($1) and other.id = any($1) and other.id <> c.id`,
      [[a, b]],
    );
    await expect(emailOf(merchantId, a)).rejects.toThrow('belongs to another customer');
    const done = await rotate(merchantId);
    expect(done.misplaced.sort()).toEqual([a, b].sort());
    for (const id of [a, b]) {
      const read = emailOf(merchantId, id);
      await expect(read).rejects.toThrow(KeyError);
      await expect(read).rejects.toThrow('belongs to another customer');
    }
  });
});

describe('the keyring', () => {
  it('rewraps every key once, page by page; only then can the old key be retired', async () => {
    const ids = [merchant(), merchant(), merchant()];
    for (const each of ids) await create(each, 'ada@example.com');
    const both = parseKeyring(`${second},${first}`);
    const retire = (id: string) =>
      inTransaction(world.owner, (tx) => retireKey(tx, actor, { keyring: both, keyId: id }));
    await expect(retire('first')).rejects.toThrow(
      /^key first still wraps the keys of \d+ merchants; run keys rotate first$/,
    );
    await expect(retire('second')).rejects.toThrow('key second is the current one');

    const page = (after: Parameters<typeof rewrapMerchants>[2]['after']) =>
      inTransaction(world.owner, (tx) => rewrapMerchants(tx, actor, { keyring: both, after, limit: 2 }));
    let rewrapped = 0;
    for (let after = null as Parameters<typeof page>[0], more = true; more;) {
      const done = await page(after);
      rewrapped += done.rewrapped;
      ({ next: after } = done);
      more = after !== null;
    }
    expect(rewrapped).toBeGreaterThanOrEqual(3);
    expect(await page(null)).toEqual({ rewrapped: 0, next: null });
    expect((await inTransaction(world.owner, readKeyStatus)).keyring).toMatchObject([{ key: 'second' }]);
    for (const each of ids) {
      expect(await audited(each, 'keys.rewrap')).toEqual([
        { actor: 'ops:spec', detail: { key: 'second', generations: 1 } },
      ]);
    }
    await retire('first');
    expect(await audited(ids[0]!, 'keys.retire')).toEqual([{ actor: 'ops:spec', detail: { key: 'first' } }]);
    // A value that was encrypted earlier can be decrypted with the new key alone.
    const [row] = await rowsOf(world, ids[0]!);
    const alone = createMerchantKeyStore(parseKeyring(second));
    expect(
      await world.run(
        (tx) => readEmail(tx, alone, { id: row!.id, merchantId: ids[0]!, email: row!.email }),
        ids[0],
      ),
    ).toBe('ada@example.com');
  });

  it('reports a wrong key and a missing key', async () => {
    const merchantId = merchant();
    const id = await create(merchantId, 'ada@example.com', contextOf(second));
    const missing = emailOf(merchantId, id, contextOf(first));
    await expect(missing).rejects.toThrow(KeyError);
    await expect(missing).rejects.toThrow('key second is not in CORE_ENCRYPTION_KEYS');
    const wrong = emailOf(merchantId, id, contextOf(key('second')));
    await expect(wrong).rejects.toThrow(KeyError);
    await expect(wrong).rejects.toThrow("cannot unwrap a merchant's keys");
    await expect(rotate(merchantId)).rejects.toThrow('key second is not in CORE_ENCRYPTION_KEYS');
  });

  it('does not unwrap keys of one merchant for another, nor of one generation for another', async () => {
    const [a, b] = [merchant(), merchant()];
    const as = contextOf(second);
    const id = await create(a, 'ada@example.com', as);
    await create(b, 'ada@example.com', as);
    await world.owner.query(
      `update merchant_keys set (data_key, index_key) = (select data_key, index_key from merchant_keys where merchant_id = $2)
        where merchant_id = $1`,
      [a, b],
    );
    const swapped = emailOf(a, id, contextOf(second));
    await expect(swapped).rejects.toThrow(KeyError);
    await expect(swapped).rejects.toThrow(
      "cannot unwrap a merchant's keys: it is a different key, or they were changed",
    );
    await world.owner.query(`update customers set email = '9' || substr(email, 2) where id = $1`, [id]);
    await expect(emailOf(a, id, as)).rejects.toThrow('key generation 9 of the merchant does not exist');
    await world.owner.query(`update customers set email = 'plain@example.com' where id = $1`, [id]);
    await expect(emailOf(a, id, as)).rejects.toThrow('stored email has no key generation');
  });
});
