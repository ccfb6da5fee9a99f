import {
  advanceRun,
  claimPage,
  claimSlices,
  clearWaiting,
  commitPage,
  countersOf,
  Fenced,
  saveCursor,
  startPendingRuns,
  planRun,
  releaseLease,
  restartSlice,
  setWaiting,
  upsertCustomers,
  type PageRef,
} from '../src/index.ts';
import { customer, openImports, type ImportsWorld } from './imports-support.ts';

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

describe('handing out slices', () => {
  it('hands a slice to one importer, and again with a higher fence when its lease has expired', async () => {
    const { page, ref, shop } = await world.begin();
    expect(page).toEqual({ ...ref, slice: 0, fence: 1, page: 0 });
    expect(await world.show(ref)).toMatchObject({
      status: 'running',
      source: 'auto',
      emailsWithheld: null,
      startedAt: expect.any(Date) as Date,
    });
    expect(await world.asImporter((tx) => claimSlices(tx, { most: 10 }))).toEqual([]);
    expect(await world.asImporter((tx) => claimPage(tx, page))).toEqual({
      shop: shop.shop,
      kind: 'plan',
      source: 'auto',
      emailsWithheld: null,
      startedAt: expect.any(Date) as Date,
      since: null,
      cursor: null,
      range: {},
    });

    await world.runOut(page);
    const successor = await world.claim();
    expect(successor).toEqual({ ...page, fence: 2 });
    expect(await world.asImporter((tx) => claimPage(tx, page))).toBeNull();
  });

  it('distributes pending runs among concurrent importers', async () => {
    await Promise.all(Array.from({ length: 6 }, async () => world.start(await world.connect())));
    const claims = await Promise.all(Array.from({ length: 5 }, () => world.claimAll()));
    const rest = await world.claimAll();
    const ids = [...claims, rest].flat().map((page) => page.importId);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
  });

  it('hands out at most the requested number, whatever the query plan', async () => {
    const { page } = await world.begin();
    await world.plan(page, 9, [{}, {}, {}]);
    for (let n = 0; n < 3; n++) await world.start(await world.connect());
    await world.asImporter(async (tx) => {
      // As with statistics of a table that has just grown: the subquery is run again for each row, not
      // materialized.
      for (const way of ['hashjoin', 'mergejoin', 'material', 'indexscan', 'bitmapscan'])
        await tx.query(`set local enable_${way} = off`);
      expect(await claimSlices(tx, { most: 1 })).toHaveLength(1);
      expect(await claimSlices(tx, { most: 5 })).toHaveLength(2);
      expect(await startPendingRuns(tx, { most: 1 })).toHaveLength(1);
      expect(await startPendingRuns(tx, { most: 5 })).toHaveLength(2);
    });
  });

  it('hands a released slice out at once', async () => {
    const { page } = await world.begin();
    await world.asImporter((tx) => releaseLease(tx, { ...page, page: 7 }));
    expect(await world.asImporter((tx) => claimSlices(tx, { most: 10 }))).toEqual([]);
    await world.asImporter((tx) => releaseLease(tx, page));
    expect(await world.claim()).toEqual({ ...page, fence: 2 });
  });
});

describe('a paused run', () => {
  const paused = async () => {
    const begun = await world.begin();
    await world.asImporter((tx) =>
      setWaiting(tx, { ...begun.page, reason: 'away', waitMs: 1, paused: true }),
    );
    expect(await world.show(begun.ref)).toMatchObject({ status: 'paused', waitingReason: 'away' });
    return begun;
  };

  it('is processed like a running one, and runs again when a page is stored', async () => {
    const { page, ref } = await paused();
    await world.runOut(page);
    const again = await world.claim();
    expect(again).toEqual({ ...page, fence: 2 });
    expect(await world.asImporter((tx) => claimPage(tx, again))).toMatchObject({ kind: 'plan' });
    await world.asImporter(async (tx) => {
      await planRun(tx, { ...again, expected: 0, source: 'graphql', ranges: [] });
      await clearWaiting(tx, again);
      await advanceRun(tx, world.ctx, again);
    });
    expect(await world.show(ref)).toMatchObject({ status: 'running', waitingReason: null });
    expect(await world.claim()).toMatchObject({ slice: 1 });
  });

  it('runs again when it waits for an available resource', async () => {
    const { page, ref } = await paused();
    await world.asImporter((tx) => setWaiting(tx, { ...page, reason: 'limit', waitMs: 1 }));
    expect(await world.show(ref)).toMatchObject({ status: 'running', waitingReason: 'limit' });
  });
});

describe('commitPage', () => {
  it('saves checkpoint and counters, and accepts each page once', async () => {
    const { page, ref } = await world.begin();
    const counts = { read: 8, created: 3, updated: 2, unchanged: 1, skipped: 1, failed: 1 };
    await world.commit(page, 'after-1', counts);
    await expect(world.commit(page, 'after-1', counts)).rejects.toThrow(Fenced);
    const second = { ...page, page: 1 };
    expect(await world.asImporter((tx) => claimPage(tx, second))).toMatchObject({ cursor: 'after-1' });
    await world.commit(second, null, counts);
    await expect(world.commit({ ...page, page: 2 }, null)).rejects.toThrow(Fenced);
    expect(await world.show(ref)).toMatchObject({
      read: 16,
      created: 6,
      updated: 4,
      unchanged: 2,
      skipped: 2,
      failed: 2,
    });
  });

  it('rolls back the rows of a fenced page', async () => {
    const { page, ref } = await world.begin();
    await world.runOut(page);
    await world.claim();
    await expect(
      world.asImporter(async (tx) => {
        const counts = await upsertCustomers(tx, world.ctx, { ...ref, customers: [customer(1)] });
        await commitPage(tx, { ...page, cursor: null, done: true, counters: countersOf('read', counts) });
      }),
    ).rejects.toThrow(Fenced);
    expect(
      (await world.owner.query('select 1 from customers where merchant_id = $1', [ref.merchantId])).rowCount,
    ).toBe(0);
    expect(
      (await world.owner.query('select 1 from outbox_events where merchant_id = $1', [ref.merchantId]))
        .rowCount,
    ).toBe(0);
    expect(await world.show(ref)).toMatchObject({ read: 0 });
  });
});

describe('countersOf', () => {
  const counts = { read: 250, created: 3, updated: 2, unchanged: 240, skipped: 4, failed: 1 };

  it('counts what a page did', () => {
    expect(countersOf('read', counts)).toEqual({ ...counts, deleted: 0, missed: 0 });
  });

  it('counts no customer twice in the reconciliation', () => {
    expect(countersOf('reconcile', { ...counts, missed: 1 })).toEqual({
      read: 3,
      created: 3,
      updated: 2,
      unchanged: 0,
      skipped: 0,
      failed: 0,
      deleted: 0,
      missed: 0,
    });
  });
});

describe('the cursor of a slice', () => {
  const cursorOf = async (page: PageRef) => (await world.asImporter((tx) => claimPage(tx, page)))?.cursor;

  it('is saved without a page, for its holder only', async () => {
    const { page } = await world.begin();
    await world.asImporter((tx) => saveCursor(tx, { ...page, cursor: 'operation 7' }));
    expect(await cursorOf(page)).toBe('operation 7');
    await world.runOut(page);
    const successor = await world.claim();
    await expect(world.asImporter((tx) => saveCursor(tx, { ...page, cursor: 'late' }))).rejects.toThrow(
      Fenced,
    );
    expect(await cursorOf(successor)).toBe('operation 7');
  });

  it('restarts from its range when the cursor is lost, but not for ever', async () => {
    const { page: planning } = await world.begin();
    const range = { createdTo: '2026-01-01T00:00:00Z' };
    await world.plan(planning, 5, [range]);
    const page = await world.claim();
    const restart = () => world.asImporter((tx) => restartSlice(tx, page));
    for (let n = 0; n < 5; n++) {
      await world.asImporter((tx) => saveCursor(tx, { ...page, cursor: 'lost' }));
      expect(await restart()).toBe(true);
      expect(await world.asImporter((tx) => claimPage(tx, page))).toMatchObject({ cursor: null, range });
    }
    expect(await restart()).toBe(false);
    expect(await restart()).toBe(true); // after a resume
    await expect(world.asImporter((tx) => restartSlice(tx, { ...page, fence: 9 }))).rejects.toThrow(Fenced);
  });
});
