import type { MerchantId, ImportId } from '@core/contracts';
import { gid } from '@core/testing';
import {
  advanceRun,
  claimSlices,
  commitPage,
  countersOf,
  deleteCustomers,
  failRun,
  storeIds,
  resumeImport,
  upsertCustomers,
  type ImportedCustomer,
} from '../src/index.ts';
import { customer, openImports, type ImportsWorld } from './imports-support.ts';

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

const kindsOf = async (ref: { merchantId: MerchantId; importId: ImportId }) =>
  (await world.slicesOf(ref)).map(({ kind }) => kind).join(' ');
/** A planned run whose only read slice has read these customers. */
const afterReading = async (
  expected: number,
  ids: readonly number[],
  shop?: { merchantId: MerchantId; shop: string },
) => {
  const begun = await world.begin(shop);
  await world.plan(begun.page, expected);
  await world.read(ids);
  return begun;
};
const reconciled = async (changed: readonly number[] = []) => {
  await world.read(changed);
  await world.read([]);
};
const gone = (merchantId: MerchantId, ids: readonly number[]) =>
  world.asImporter((tx) =>
    deleteCustomers(tx, world.ctx, { merchantId, externalIds: ids.map(gid), origin: 'import' }),
  );
const livingOf = async (merchantId: MerchantId) =>
  (
    await world.owner.query<{ external_id: string }>(
      'select external_id from customers where merchant_id = $1 and deleted_at is null order by external_id',
      [merchantId],
    )
  ).rows.map(({ external_id }) => external_id);

describe('a run', () => {
  it('is read, reconciled, verified and completed; then its ids are deleted', async () => {
    const { ref } = await afterReading(3, [1, 2, 3]);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile');
    await reconciled([3]);
    expect(await world.verify(3)).toEqual([]);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify');
    expect(await world.show(ref)).toMatchObject({
      status: 'completed',
      expected: 3,
      read: 3,
      created: 3,
      unchanged: 0,
    });
    const ids = await world.owner.query('select 1 from customer_import_ids where import_id = $1', [
      ref.importId,
    ]);
    expect(ids.rowCount).toBe(0);
    expect(await world.actionsOf(ref.merchantId)).toEqual(
      expect.arrayContaining(['import.start', 'import.page', 'import.end']),
    );
  });

  it('advances when its last slice is done, even if slices end at the same time', async () => {
    const { page, ref } = await world.begin();
    await world.plan(page, 4, [
      { createdTo: '2026-01-01T00:00:00Z' },
      { createdFrom: '2026-01-01T00:00:00Z' },
    ]);
    await Promise.all([world.read([1, 2]), world.read([3, 4])]);
    expect(await kindsOf(ref)).toBe('plan read read reconcile reconcile');
  });

  it('of an empty shop is verified at once, and the merchant’s remaining customers are deleted', async () => {
    const { ref, shop } = await afterReading(1, [1]);
    await reconciled();
    await world.verify(1);
    const { page, ref: second } = await world.begin(shop);
    await world.plan(page, 0, []);
    expect(await world.verify(0)).toEqual([1]);
    expect(await world.show(second)).toMatchObject({ status: 'completed', expected: 0, read: 0 });
    expect(await world.show(ref)).toMatchObject({ status: 'completed' });
  });

  it('indexes at its end an email that moved to a customer of an earlier page', async () => {
    const { ref, shop } = await afterReading(2, [1, 2]);
    await reconciled();
    await world.verify(2);
    const hashOf = async (id: number) =>
      (
        await world.owner.query<{ email_hash: Buffer | null }>(
          'select email_hash from customers where merchant_id = $1 and external_id = $2',
          [ref.merchantId, gid(id)],
        )
      ).rows[0]?.email_hash;
    const moved = await hashOf(1);
    const errors = async () =>
      (
        await world.owner.query('select 1 from customer_import_errors where merchant_id = $1', [
          ref.merchantId,
        ])
      ).rowCount;

    const { ref: second, page } = await world.begin(shop);
    const cut = '2026-01-01T00:00:00Z';
    await world.plan(page, 3, [{ createdTo: cut }, { createdFrom: cut }]);
    world.edit(2, 'c1@example.com');
    await world.read([2, 3]);
    expect([await hashOf(2), await errors()]).toEqual([null, 1]);
    world.edit(1, 'new@example.com');
    await world.read([1]);
    await reconciled();
    expect(await hashOf(2)).toBeNull();
    await world.verify(3);
    expect(await hashOf(2)).toEqual(moved);
    expect(await errors()).toBe(0);
    expect(await world.show(second)).toMatchObject({ status: 'completed', read: 3, updated: 2 });
    const { rows } = await world.owner.query(
      `select c.version, array_agg(e.version order by e.version) as events
         from customers c join outbox_events e on e.customer_id = c.id
        where c.merchant_id = $1 and c.external_id = $2 group by c.version`,
      [ref.merchantId, gid(2)],
    );
    expect(rows).toEqual([{ version: 3, events: [1, 2, 3] }]);
  });

  /** Reads one customer with this change, and two more. */
  const afterOne = async (change: Partial<ImportedCustomer>) => {
    const { ref, shop, page } = await world.begin();
    await world.plan(page, 3);
    const read = await world.claim();
    const customers = [{ ...customer(1), ...change }, customer(2), customer(3)];
    await world.asImporter(async (tx) => {
      const counts = await upsertCustomers(tx, world.ctx, { ...read, customers });
      const counters = countersOf('read', { ...counts, read: customers.length });
      await commitPage(tx, { ...read, cursor: null, done: true, counters });
      await storeIds(tx, { ...read, ids: [1, 2, 3] });
      await advanceRun(tx, world.ctx, read);
    });
    return { ref, shop };
  };
  const errorsOf = async ({ importId }: { importId: ImportId }) =>
    (
      await world.owner.query<{ external_id: string; reason: string }>(
        'select external_id, reason from customer_import_errors where import_id = $1',
        [importId],
      )
    ).rows;

  it.each<[string, Partial<ImportedCustomer>, string, number, Record<string, number>]>([
    [
      'a customer that was not stored',
      { fault: 'unreadable_customer' },
      'completed_with_errors',
      1,
      { unreadable_customer: 1 },
    ],
    ['a customer without its email', { email: 'none' }, 'completed_with_errors', 0, { invalid_email: 1 }],
    [
      'a customer without a field',
      { leftOut: ['invalid_number_of_orders'] },
      'completed_with_errors',
      0,
      { invalid_number_of_orders: 1 },
    ],
    [
      'a shared email, which is not an error',
      { email: customer(2).email },
      'completed',
      0,
      { email_shared: 1 },
    ],
    ['nothing', {}, 'completed', 0, {}],
  ])(
    'reports %s consistently in status, failed, counts and rows',
    async (_what, change, status, failed, rowErrors) => {
      const { ref } = await afterOne(change);
      // A customer that changed meanwhile is read again at the end, with the same content.
      await world.asImporter(async (tx) => {
        for (let left = 2; left > 0; left--) {
          const [page] = await claimSlices(tx, { most: 1 });
          await upsertCustomers(tx, world.ctx, {
            ...page!,
            customers: left === 2 ? [{ ...customer(1), ...change }] : [],
          });
          await commitPage(tx, { ...page!, cursor: null, done: true, counters: countersOf('reconcile', {}) });
          await advanceRun(tx, world.ctx, page!);
        }
      });
      await world.verify(3);
      expect(await world.show(ref)).toMatchObject({ status, failed, rowErrors, read: 3, error: null });
      expect((await errorsOf(ref)).map(({ reason }) => reason)).toEqual(Object.keys(rowErrors));
    },
  );

  it('counts a customer who fails only when changes are read again, and deletes the error of one who is fixed by then', async () => {
    const { ref } = await afterOne({ fault: 'unreadable_customer' });
    const fixed = { ...customer(1), sourceUpdatedAt: new Date() };
    const broken = { ...customer(2), fault: 'unreadable_customer' as const };
    await world.asImporter(async (tx) => {
      for (const customers of [[fixed, broken], []]) {
        const [page] = await claimSlices(tx, { most: 1 });
        await upsertCustomers(tx, world.ctx, { ...page!, customers });
        await commitPage(tx, { ...page!, cursor: null, done: true, counters: countersOf('reconcile', {}) });
        await advanceRun(tx, world.ctx, page!);
      }
    });
    await world.verify(3);
    expect(await errorsOf(ref)).toEqual([{ external_id: gid(2), reason: 'unreadable_customer' }]);
    expect(await world.show(ref)).toMatchObject({ failed: 1, rowErrors: { unreadable_customer: 1 } });
  });

  it('counts what an interrupted run could not store, and deletes these errors when the run starts again', async () => {
    const { ref } = await afterOne({ fault: 'unreadable_customer' });
    const [page] = await world.claimAll();
    await world.asImporter((tx) => failRun(tx, world.ctx, { ...page!, message: 'Shopify is away' }));
    expect(await world.show(ref)).toMatchObject({
      status: 'failed',
      failed: 1,
      rowErrors: { unreadable_customer: 1 },
    });
    await world.owner.query(`update customer_import_logs set status = 'incomplete' where id = $1`, [
      ref.importId,
    ]);
    await world.asApi(ref, (tx) => resumeImport(tx, world.ctx, ref));
    expect(await world.show(ref)).toMatchObject({ failed: 0, rowErrors: null });
    await world.plan(await world.claim(), 1);
    expect(await errorsOf(ref)).toEqual([]);
  });
});

it('may compare the ids of a large shop for a long time, and no importer claims its slice meanwhile', async () => {
  const { ref } = await afterReading(2, [1, 2]);
  await world.read([]);
  const last = await world.claim();
  await world.runOut(ref);
  const blocker = await world.owner.connect();
  await blocker.query('begin');
  await blocker.query('lock table shop_directory'); // which the comparison reads
  const advanced = world.asImporter(async (tx) => {
    await tx.query("set local statement_timeout = '300ms'"); // in place of the pool's 30 s
    await commitPage(tx, { ...last, cursor: null, done: true, counters: countersOf('reconcile', {}) });
    await advanceRun(tx, world.ctx, last);
  });
  try {
    await Promise.race([advanced, blocker.query('select pg_sleep(1)')]);
    expect(await world.asImporter((tx) => claimSlices(tx, { most: 10 }))).toEqual([]);
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
  await advanced;
  expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify');
});

describe('unseen customers', () => {
  it('are requested from the shop: existing ones count as read', async () => {
    const { shop } = await afterReading(
      300,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    await reconciled();
    await world.verify(300);
    const { ref } = await afterReading(300, [1, 2], shop);
    await reconciled();
    const rest = Array.from({ length: 298 }, (_, i) => i + 3);
    expect(await world.verify(300, rest)).toEqual(rest); // two pages
    expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 300, unchanged: 300 });
  });

  it('are not requested while the merchant has another shop', async () => {
    const { shop } = await afterReading(2, [1, 2]);
    await reconciled();
    await world.verify(2);
    await world.connect({ merchantId: shop.merchantId, shop: `other-${shop.shop}` });
    const { ref } = await afterReading(1, [1], shop);
    await reconciled();
    expect(await world.verify(1)).toEqual([]);
    expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 1 });
  });
});

describe('a count that does not match', () => {
  it('is explained by deletions that were reported meanwhile', async () => {
    const { ref } = await afterReading(4, [1, 2, 3]);
    await gone(ref.merchantId, [3, 4]); // one was read, one never
    await reconciled();
    await world.verify(2);
    expect(await world.show(ref)).toMatchObject({ status: 'completed', expected: 4, read: 3 });
  });

  it('is investigated by ids: missed customers are imported, deleted ones are found', async () => {
    const { ref } = await afterReading(4, [1, 2, 3]);
    await reconciled();
    await world.verify(3);
    expect(await kindsOf(ref)).toBe('plan read reconcile reconcile verify ids');
    await world.list([1, 2, 4]);
    expect(await world.verify(3, [4])).toEqual([3, 4]);
    expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 4, created: 4 });
    expect(await livingOf(ref.merchantId)).toContain(gid(4));
  });

  it('makes the run incomplete, with a message, when it cannot be explained', async () => {
    const { ref } = await afterReading(5, [1, 2]);
    await reconciled();
    await world.verify(5);
    await world.list([1, 2]);
    await world.verify(5);
    const run = await world.show(ref);
    expect(run).toMatchObject({ status: 'incomplete', expected: 5, read: 2 });
    expect(run.error).toMatch(/counts 5 customers, but only 2 could be read: 3 are missing.*Resume/);
  });

  it('counts a customer once although a slice read the customer again', async () => {
    const { page, ref } = await world.begin();
    await world.plan(page, 3);
    const first = await world.claim();
    await world.commit(first, 'lost', { read: 3, created: 3 });
    await world.runOut(ref);
    await world.read([1, 2, 3]);
    expect(await world.show(ref)).toMatchObject({ read: 6 });
    await reconciled();
    await world.verify(3);
    expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 3 });
  });
});
