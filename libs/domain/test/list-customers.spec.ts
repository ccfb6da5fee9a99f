import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import type { MerchantId } from '@core/contracts';
import { readerOf, type Reader } from '@core/db';
import { createPageTokens, listChangedCustomers, listCustomers, type CustomerPage } from '../src/index.ts';
import { merchant, openWorld, type World } from './support.ts';

let world: World;
// As the owner, because this spec's statements name customers by id alone. apps/api's specs list as core_api.
beforeAll(async () => (world = await openWorld('core_owner')));
afterAll(() => world.close());

const tokens = createPageTokens([randomBytes(32)]);
const reader = readerOf(async (text, values) => (await world.pool.query(text, values)).rows);
/** Pages of a segment require the merchant, even from the owner. */
const readerFor = (merchantId: MerchantId): Reader =>
  readerOf((text, values) => world.run((tx) => tx.query(text, values), merchantId));
const readers = { primary: reader, atLeast: () => reader };
const EPOCH = '1970-01-01T00:00:00.000000Z';

const insert = async (merchantId: MerchantId, count = 1): Promise<string[]> => {
  const { rows } = await world.pool.query<{ id: string }>(
    `insert into customers (merchant_id, rfm_score)
     select $1, '{"segment": "LOYAL", "recency": 3}' from generate_series(1, $2) returning id`,
    [merchantId, count],
  );
  return rows.map(({ id }) => id);
};
const touch = (id: string) =>
  world.pool.query('update customers set version = version + 1 where id = $1', [id]);
const remove = (id: string) =>
  world.pool.query('update customers set deleted_at = now() where id = $1', [id]);

/** Reads a list to its end, and runs `between` after each page. */
async function readAll<P extends CustomerPage>(
  page: (pageToken: string) => Promise<P>,
  between: (seen: readonly string[]) => Promise<unknown> = async () => undefined,
): Promise<{ ids: string[]; last: P }> {
  const ids: string[] = [];
  for (let pageToken = ''; ;) {
    const last = await page(pageToken);
    ids.push(...last.customers.map(({ id }) => id));
    if (!last.nextPageToken) return { ids, last };
    pageToken = last.nextPageToken;
    await between(ids);
  }
}

describe('listCustomers', () => {
  it.each([
    ['all', {}],
    ['a segment', { segment: 'LOYAL' }],
    ['a range', { recency: { min: 3, max: 5 } }],
  ])('lists %s, each customer once, whatever is written between the pages', async (_, filter) => {
    const merchantId = merchant();
    const ids = (await insert(merchantId, 40)).sort();
    const gone = new Set([ids[1]!, ids[37]!]);
    const came: string[] = [];
    const { ids: seen } = await readAll(
      (pageToken) =>
        listCustomers(
          readerFor(merchantId),
          { pageTokens: tokens },
          { merchantId, ...filter, pageSize: 7, pageToken },
        ),
      async (sofar) => {
        came.push(...(await insert(merchantId)));
        for (const id of gone) await remove(id);
        await touch(sofar.at(-1)!);
        await touch(ids.find((id) => !sofar.includes(id) && !gone.has(id)) ?? ids[0]!);
      },
    );
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => !came.includes(id))).toEqual(ids.filter((id) => id !== ids[37]));
  });
});

describe('pages of large rows', () => {
  const merchantId = merchant();
  const ROWS = 60;
  let ids: string[];
  // One-digit numbers make the largest reply, and TOAST compresses them to almost nothing.
  beforeAll(async () => {
    const { rows } = await world.pool.query<{ id: string }>(
      `insert into customers (merchant_id, rfm_score, metadata)
       select $1, '{"segment": "LOYAL", "recency": 3}',
              jsonb_build_object('a', array_fill(1, array[case when n = 7 then 1000000 else 21000 end]))
         from generate_series(1, $2) n returning id`,
      [merchantId, ROWS],
    );
    ids = rows.map(({ id }) => id).sort();
  });

  const LISTS: [string, (pageToken: string, pageSize: number) => Promise<CustomerPage>][] = [
    ...Object.entries({
      all: {},
      'a segment': { segment: 'LOYAL' },
      'a range': { recency: { min: 3, max: 3 } },
    }).map(([name, filter]): (typeof LISTS)[number] => [
      name,
      (pageToken, pageSize) =>
        listCustomers(
          readerFor(merchantId),
          { pageTokens: tokens },
          { merchantId, ...filter, pageSize, pageToken },
        ),
    ]),
    ...Object.entries({ changes: {}, 'changes in a segment': { segment: 'LOYAL' } }).map(
      ([name, filter]): (typeof LISTS)[number] => [
        name,
        (pageToken, pageSize) =>
          listChangedCustomers(
            readers,
            { pageTokens: tokens },
            {
              merchantId,
              updatedSince: EPOCH,
              ...filter,
              pageSize,
              pageToken,
            },
          ),
      ],
    ),
  ];

  it.each(LISTS)('of %s end at the byte limit, and contain each customer once', async (_, list) => {
    const sizes: number[] = [];
    const { ids: seen } = await readAll(async (pageToken) => {
      const page = await list(pageToken, 1_000);
      const bytes = page.customers.map(({ metadata }) => Buffer.byteLength(JSON.stringify(metadata)));
      sizes.push(page.customers.length);
      expect(page.customers.length).toBeGreaterThan(0);
      if (page.customers.length > 1) expect(bytes.reduce((a, b) => a + b)).toBeLessThan(768 * 1024);
      return page;
    });
    expect([...seen].sort()).toEqual(ids);
    expect(sizes).toContain(1); // a row larger than a page has a page to itself
    expect(Math.max(...sizes)).toBeGreaterThan(10);
  });

  it.each(LISTS)('of %s end at the requested number of rows if that comes first', async (_, list) => {
    const { customers, nextPageToken } = await list('', 3);
    expect(customers).toHaveLength(3);
    expect(nextPageToken).not.toBe('');
  });

  it('read exactly one row more from the database than they return', async () => {
    const read: number[] = [];
    const counting = readerOf(async (text, values) => {
      const rows = await readerFor(merchantId).query(text, values);
      read.push(rows.length);
      return rows as never;
    });
    const input = { merchantId, pageSize: 1_000, pageToken: '' };
    const { customers } = await listCustomers(counting, { pageTokens: tokens }, input);
    expect(read).toEqual([customers.length + 1]);
  });
});

describe('listChangedCustomers', () => {
  const changes = (merchantId: MerchantId, updatedSince: string, between?: Parameters<typeof readAll>[1]) =>
    readAll(
      (pageToken) =>
        listChangedCustomers(
          readers,
          { pageTokens: tokens },
          { merchantId, updatedSince, pageSize: 3, pageToken },
        ),
      between,
    );

  it('returns each change once: in this list or, from its watermark, in the next one', async () => {
    const merchantId = merchant();
    const ids = await insert(merchantId, 12);
    const [gone, untouched] = [ids[11]!, ids[10]!];
    const changed = new Set<string>();
    const first = await changes(merchantId, EPOCH, async (seen) => {
      const unseen = ids.find((id) => !seen.includes(id) && id !== gone && id !== untouched);
      for (const id of [seen[0]!, ...(unseen ? [unseen] : []), ...(await insert(merchantId))]) {
        await touch(id);
        changed.add(id);
      }
      await remove(gone);
    });
    expect(new Set(first.ids).size).toBe(first.ids.length);
    expect(first.ids).toContain(untouched);
    const second = await changes(merchantId, first.last.watermark);
    expect(second.ids.sort()).toEqual([...changed].sort());
    expect(new Set([...first.ids, ...second.ids])).toEqual(
      new Set([...ids.filter((id) => id !== gone), ...changed]),
    );
    const third = await changes(merchantId, second.last.watermark);
    expect(third.ids).toEqual([]);
    expect(third.last.watermark > second.last.watermark).toBe(true);
  });

  describe('while a writer is slow', () => {
    let slow: Client;
    beforeEach(async () => {
      slow = (await world.pool.connect()) as unknown as Client;
      await slow.query('begin');
    });
    afterEach(async () => {
      await slow.query('rollback');
      (slow as unknown as { release(): void }).release();
    });

    it.each([
      ['an update', 'update customers set version = version + 1 where id = $1'],
      [
        'an insert',
        'insert into customers (merchant_id) select merchant_id from customers where id = $1 returning id',
      ],
      [
        'an upsert of an existing row',
        'insert into customers (id, merchant_id) select id, merchant_id from customers where id = $1 on conflict (merchant_id, id) do update set version = 9',
      ],
    ])('does not skip %s that is committed after a page', async (_, statement) => {
      const merchantId = merchant();
      const [id = ''] = await insert(merchantId);
      const before = await changes(merchantId, EPOCH);
      expect(before.ids).toEqual([id]);

      const { rows } = await slow.query<{ id: string }>(statement, [id]);
      // Later writes by other transactions must not move the watermark past the slow one.
      const later = await insert(merchantId, 5);
      const during = await changes(merchantId, before.last.watermark);
      await slow.query('commit');
      const after = await changes(merchantId, during.last.watermark);
      expect([...during.ids, ...after.ids].sort()).toEqual([rows[0]?.id ?? id, ...later].sort());
      expect(during.last.watermark >= before.last.watermark).toBe(true);
      const { rows: sound } = await world.owner.query(
        `select from customers where merchant_id = $1 and id = any($2) and updated_at < $3`,
        [merchantId, after.ids, during.last.watermark],
      );
      expect(sound).toEqual([]);
    });

    it('ends a list below it, even when it starts to write between two pages', async () => {
      const merchantId = merchant();
      const ids = await insert(merchantId, 7);
      const first = await changes(merchantId, EPOCH, async (seen) => {
        if (seen.length === 3) await slow.query('update customers set version = 2 where id = $1', [ids[6]]);
      });
      await slow.query('commit');
      expect(first.ids).toEqual(ids); // its old version was there all the time
      expect((await changes(merchantId, first.last.watermark)).ids).toEqual([ids[6]]);
    });

    it('waits neither for a writer that has rolled back its write, nor for other locks', async () => {
      const merchantId = merchant();
      const [id = ''] = await insert(merchantId);
      await slow.query('savepoint s');
      await slow.query('update customers set version = 2 where id = $1', [id]);
      await slow.query('rollback to savepoint s');
      await slow.query('select pg_advisory_xact_lock_shared(7)');
      const [other = ''] = await insert(merchantId);
      expect((await changes(merchantId, EPOCH)).ids).toEqual([id, other]);
    });
  });

  it('reads its pages from a node that has replayed everything below the watermark', async () => {
    const merchantId = merchant();
    await insert(merchantId, 5);
    const { rows } = await world.pool.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
    const asked: string[] = [];
    const atLeast = (token: string) => (asked.push(token), reader);
    const input = { merchantId, updatedSince: EPOCH, pageSize: 2 };
    const { ids } = await readAll((pageToken) =>
      listChangedCustomers({ primary: reader, atLeast }, { pageTokens: tokens }, { ...input, pageToken }),
    );
    expect(ids).toHaveLength(5);
    expect(asked).toEqual([asked[0], asked[0], asked[0]]);
    const reached = 'select $1::pg_lsn >= $2::pg_lsn as reached';
    const compared = await world.pool.query(reached, [asked[0]!.split(':').at(-1), rows[0]!.lsn]);
    expect(compared.rows).toEqual([{ reached: true }]);
  });

  it('misses no change of many concurrent writers', async () => {
    const merchantId = merchant();
    let stop = false;
    const written: string[] = [];
    const writer = async (_: unknown, nth: number) => {
      for (let turn = nth; !stop; turn++) {
        const client = await world.pool.connect();
        await client.query('begin');
        for (let n = turn % 3; n >= 0; n--) {
          const { rows } = await client.query<{ id: string }>(
            'insert into customers (merchant_id) values ($1) returning id',
            [merchantId],
          );
          written.push(rows[0]!.id);
          await client.query('select pg_sleep($1)', [((turn * 7) % 20) / 1_000]);
        }
        await client.query('commit');
        client.release();
      }
    };
    const writers = Array.from({ length: 6 }, writer);
    const seen: string[] = [];
    let since = EPOCH;
    while (seen.length < 300) {
      const { ids, last } = await changes(merchantId, since);
      seen.push(...ids);
      since = last.watermark;
    }
    stop = true;
    await Promise.all(writers);
    seen.push(...(await changes(merchantId, since)).ids);
    expect(seen.sort()).toEqual(written.sort());
  });

  it('refuses a token of another list, naming page_token', async () => {
    const merchantId = merchant();
    await insert(merchantId, 4);
    const input = { merchantId, updatedSince: EPOCH, pageSize: 2, pageToken: '' };
    const { nextPageToken: pageToken } = await listChangedCustomers(readers, { pageTokens: tokens }, input);
    const refused = { kind: 'invalid_argument', field: 'page_token' };
    for (const other of [{ updatedSince: '1970-01-01T00:00:00.000001Z' }, { segment: 'LOYAL' }]) {
      const asked = listChangedCustomers(readers, { pageTokens: tokens }, { ...input, ...other, pageToken });
      await expect(asked).rejects.toMatchObject(refused);
    }
    await expect(
      listCustomers(reader, { pageTokens: tokens }, { ...input, pageToken }),
    ).rejects.toMatchObject(refused);
  });
});
