import { advanceRun, claimSlices, commitPage, countersOf, deleteCustomers } from '../src/index.ts';
import { gid, openImports, type ImportsBench } from './imports-support.ts';

let bench: ImportsBench;
beforeAll(async () => (bench = await openImports()));
afterEach(() => bench.reset());
afterAll(() => bench.close());

const kindsOf = async (ref: { merchantId: string; importId: string }) =>
  (await bench.slicesOf(ref)).map(({ kind }) => kind).join(' ');
/** A planned run whose one read slice has met these. */
const afterReading = async (
  expected: number,
  ids: readonly number[],
  shop?: { merchantId: string; shop: string },
) => {
  const begun = await bench.begin(shop);
  await bench.plan(begun.page, expected);
  await bench.read(ids);
  return begun;
};
const reconciled = async (changed: readonly number[] = []) => {
  await bench.read(changed);
  await bench.read([]);
};
const gone = (merchantId: string, ids: readonly number[]) =>
  bench.asImporter((tx) =>
    deleteCustomers(tx, bench.ctx, { merchantId, externalIds: ids.map(gid), origin: 'import' }),
  );
const livingOf = async (merchantId: string) =>
  (
    await bench.owner.query<{ external_id: string }>(
      'select external_id from customers where merchant_id = $1 and deleted_at is null order by external_id',
      [merchantId],
    )
  ).rows.map(({ external_id }) => external_id);

describe('a run', () => {
  it('is read, reconciled, verified and complete; then its ids are forgotten', async () => {
    const { ref } = await afterReading(3, [1, 2, 3]);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile');
    await reconciled([3]);
    expect(await bench.verify(3)).toEqual([]);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify');
    expect(await bench.show(ref)).toMatchObject({
      status: 'completed',
      expected: 3,
      read: 3,
      created: 3,
      unchanged: 0,
    });
    const ids = await bench.owner.query('select 1 from customer_import_ids where import_id = $1', [
      ref.importId,
    ]);
    expect(ids.rowCount).toBe(0);
    expect(await bench.actionsOf(ref.merchantId)).toEqual(
      expect.arrayContaining(['import.start', 'import.page', 'import.end']),
    );
  });

  it('goes on when the last of its slices is done, though they end at once', async () => {
    const { page, ref } = await bench.begin();
    await bench.plan(page, 4, [
      { createdTo: '2026-01-01T00:00:00Z' },
      { createdFrom: '2026-01-01T00:00:00Z' },
    ]);
    await Promise.all([bench.read([1, 2]), bench.read([3, 4])]);
    expect(await kindsOf(ref)).toBe('plan read read reconcile reconcile');
  });

  it('of an empty shop is verified at once: whom the merchant still has is deleted', async () => {
    const { ref, shop } = await afterReading(1, [1]);
    await reconciled();
    await bench.verify(1);
    const { page, ref: second } = await bench.begin(shop);
    await bench.plan(page, 0, []);
    expect(await bench.verify(0)).toEqual([1]);
    expect(await bench.show(second)).toMatchObject({ status: 'completed', expected: 0, read: 0 });
    expect(await bench.show(ref)).toMatchObject({ status: 'completed' });
  });

  it('indexes at its end an email that moved from one page’s customer to one of an earlier page', async () => {
    const { ref, shop } = await afterReading(2, [1, 2]);
    await reconciled();
    await bench.verify(2);
    const hashOf = async (id: number) =>
      (
        await bench.owner.query<{ email_hash: Buffer | null }>(
          'select email_hash from customers where merchant_id = $1 and external_id = $2',
          [ref.merchantId, gid(id)],
        )
      ).rows[0]?.email_hash;
    const moved = await hashOf(1);
    const errors = async () =>
      (
        await bench.owner.query('select 1 from customer_import_errors where merchant_id = $1', [
          ref.merchantId,
        ])
      ).rowCount;

    const { ref: second, page } = await bench.begin(shop);
    const cut = '2026-01-01T00:00:00Z';
    await bench.plan(page, 3, [{ createdTo: cut }, { createdFrom: cut }]);
    bench.edit(2, 'c1@example.com');
    await bench.read([2, 3]);
    expect([await hashOf(2), await errors()]).toEqual([null, 1]);
    bench.edit(1, 'new@example.com');
    await bench.read([1]);
    await reconciled();
    expect(await hashOf(2)).toBeNull();
    await bench.verify(3);
    expect(await hashOf(2)).toEqual(moved);
    expect(await errors()).toBe(0);
    expect(await bench.show(second)).toMatchObject({ status: 'completed', read: 3, updated: 2 });
    const { rows } = await bench.owner.query(
      `select c.version, array_agg(e.version order by e.version) as events
         from customers c join outbox_events e on e.customer_id = c.id
        where c.merchant_id = $1 and c.external_id = $2 group by c.version`,
      [ref.merchantId, gid(2)],
    );
    expect(rows).toEqual([{ version: 3, events: [1, 2, 3] }]);
  });

  it('with rows that were not taken as they came says so', async () => {
    const { ref } = await afterReading(1, [1]);
    await bench.owner.query(
      'insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, $4)',
      [ref.importId, ref.merchantId, gid(1), 'invalid_email'],
    );
    await reconciled();
    await bench.verify(1);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed_with_errors', error: null });
  });
});

it('takes its time over the ids of a large shop, and nobody takes its slice over meanwhile', async () => {
  const { ref } = await afterReading(2, [1, 2]);
  await bench.read([]);
  const last = await bench.claim();
  await bench.runOut(ref);
  const blocker = await bench.owner.connect();
  await blocker.query('begin');
  await blocker.query('lock table shopify_connections'); // which the comparison reads
  const advanced = bench.asImporter(async (tx) => {
    await tx.query("set local statement_timeout = '300ms'"); // in place of the pool's 30 s
    await commitPage(tx, { ...last, cursor: null, done: true, counters: countersOf('reconcile', {}) });
    await advanceRun(tx, bench.ctx, last);
  });
  try {
    await Promise.race([advanced, blocker.query('select pg_sleep(1)')]);
    expect(await bench.asImporter((tx) => claimSlices(tx, 10))).toEqual([]);
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
  await advanced;
  expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify');
});

describe('strangers', () => {
  it('are asked for: who is there counts as read', async () => {
    const { shop } = await afterReading(
      300,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    await reconciled();
    await bench.verify(300);
    const { ref } = await afterReading(300, [1, 2], shop);
    await reconciled();
    const rest = Array.from({ length: 298 }, (_, i) => i + 3);
    expect(await bench.verify(300, rest)).toEqual(rest); // two pages
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 300, unchanged: 300 });
  });

  it('are not looked for while the merchant has another shop', async () => {
    const { shop } = await afterReading(2, [1, 2]);
    await reconciled();
    await bench.verify(2);
    await bench.connect({ merchantId: shop.merchantId, shop: `other-${shop.shop}` });
    const { ref } = await afterReading(1, [1], shop);
    await reconciled();
    expect(await bench.verify(1)).toEqual([]);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 1 });
  });
});

describe('a count that does not fit', () => {
  it('is explained by deletions that were told of meanwhile', async () => {
    const { ref } = await afterReading(4, [1, 2, 3]);
    await gone(ref.merchantId, [3, 4]); // one was read, one never
    await reconciled();
    await bench.verify(2);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', expected: 4, read: 3 });
  });

  it('is looked into by ids: who was missed is imported, who left is found', async () => {
    const { ref } = await afterReading(4, [1, 2, 3]);
    await reconciled();
    await bench.verify(3);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify ids');
    await bench.list([1, 2, 4]);
    expect(await bench.verify(3, [4])).toEqual([3, 4]);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 4, created: 4 });
    expect(await livingOf(ref.merchantId)).toContain(gid(4));
  });

  it('and cannot be explained makes the run incomplete, in words', async () => {
    const { ref } = await afterReading(5, [1, 2]);
    await reconciled();
    await bench.verify(5);
    await bench.list([1, 2]);
    await bench.verify(5);
    const run = await bench.show(ref);
    expect(run).toMatchObject({ status: 'incomplete', expected: 5, read: 2 });
    expect(run.error).toMatch(/counts 5 customers, but only 2 could be read: 3 are missing.*Resume/);
  });

  it('counts nobody twice whom a slice read again', async () => {
    const { page, ref } = await bench.begin();
    await bench.plan(page, 3);
    const first = await bench.claim();
    await bench.commit(first, 'lost', { read: 3, created: 3 });
    await bench.runOut(ref);
    await bench.read([1, 2, 3]);
    expect(await bench.show(ref)).toMatchObject({ read: 6 });
    await reconciled();
    await bench.verify(3);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 3 });
  });
});
