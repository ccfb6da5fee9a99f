import type { MerchantId, ImportId } from '@core/contracts';
import { aMerchantId } from '@core/testing';
import {
  cancelImport,
  claimPage,
  failRun,
  Fenced,
  finishCancels,
  saveCursor,
  pruneImports,
  resumeImport,
  setWaiting,
  type PageRef,
} from '../src/index.ts';
import { openImports, type ImportsWorld } from './imports-support.ts';

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

describe('a run that fails', () => {
  it('stores the reason; a fenced importer cannot fail its successor', async () => {
    const { page, ref } = await world.begin();
    await world.runOut(page);
    const successor = await world.claim();
    await expect(
      world.asImporter((tx) => failRun(tx, world.ctx, { ...page, message: 'late' })),
    ).rejects.toThrow(Fenced);
    await expect(
      world.asImporter((tx) => setWaiting(tx, { ...page, reason: 'late', waitMs: 1 })),
    ).rejects.toThrow(Fenced);
    expect(await world.show(ref)).toMatchObject({ status: 'running', waitingReason: null });

    await world.asImporter((tx) =>
      setWaiting(tx, { ...successor, reason: 'Shopify asks to wait 2.0 s', waitMs: 2_000 }),
    );
    expect(await world.show(ref)).toMatchObject({ waitingReason: 'Shopify asks to wait 2.0 s' });
    await world.asImporter((tx) =>
      failRun(tx, world.ctx, { ...successor, message: 'the token was refused' }),
    );
    expect(await world.show(ref)).toMatchObject({
      status: 'failed',
      error: 'the token was refused',
      waitingReason: null,
    });
    expect(await world.asImporter((tx) => claimPage(tx, successor))).toBeNull();
    await expect(world.commit(successor, null)).rejects.toThrow(Fenced);
  });
});

it('fails a run once and without a deadlock when all of its pages fail at the same moment', async () => {
  const { page, ref } = await world.begin();
  const pages = 8;
  await world.plan(
    page,
    100,
    Array.from({ length: pages }, () => ({})),
  );
  const held = await world.claimAll();
  expect(held).toHaveLength(pages);
  let attempts = 0;
  const allBegan = Promise.withResolvers<void>();
  const results = await Promise.allSettled(
    held.map((each) =>
      world.asImporter(async (tx) => {
        if (++attempts === pages) allBegan.resolve();
        await allBegan.promise;
        return failRun(tx, world.ctx, { ...each, message: 'the token is lost' });
      }),
    ),
  );
  // A transaction that lost a deadlock would have been retried.
  expect(attempts).toBe(pages);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Fenced);
  }
  expect(await world.show(ref)).toMatchObject({ status: 'failed', error: 'the token is lost' });
});

describe('cancelImport', () => {
  it('cancels a pending run at once, a running one through the importer', async () => {
    const shop = await world.connect();
    const pending = await world.start(shop);
    const cancel = (importId: ImportId) =>
      world.asApi(shop, (tx) => cancelImport(tx, world.ctx, { ...shop, importId }));
    expect(await cancel(pending.importId)).toMatchObject({
      status: 'cancelled',
      finishedAt: expect.any(Date) as Date,
    });
    await expect(cancel(pending.importId)).rejects.toMatchObject({ kind: 'failed_precondition' });

    const { page, ref } = await world.begin(shop);
    expect(await cancel(ref.importId)).toMatchObject({ status: 'cancelling', finishedAt: null });
    expect(await cancel(ref.importId)).toMatchObject({ status: 'cancelling' });
    expect(await world.asImporter((tx) => claimPage(tx, page))).toBeNull();
    expect(await world.asImporter((tx) => finishCancels(tx, world.ctx))).toEqual([
      { ...ref, shop: shop.shop, source: 'auto', cursors: [] },
    ]);
    expect(await world.show(ref)).toMatchObject({
      status: 'cancelled',
      finishedAt: expect.any(Date) as Date,
    });
    await expect(world.commit(page, null)).rejects.toThrow(Fenced);
    expect((await world.actionsOf(shop.merchantId)).slice(1)).toEqual([
      'import.start',
      'import.cancel',
      'import.start',
      'import.cancel',
      'import.end',
    ]);
  });

  it('returns the cursors of slices in progress, so that their bulk operations can be cancelled', async () => {
    const { page, ref } = await world.begin();
    await world.plan(page, 9, [
      { createdTo: '2026-01-01T00:00:00Z' },
      { createdFrom: '2026-01-01T00:00:00Z' },
    ]);
    const [one, two] = await world.claimAll();
    await world.commit(one!, null);
    await world.asImporter((tx) => saveCursor(tx, { ...two!, cursor: 'operation 7' }));
    await world.asApi(ref, (tx) => cancelImport(tx, world.ctx, ref));
    const [cancelled] = await world.asImporter((tx) => finishCancels(tx, world.ctx));
    expect(cancelled).toMatchObject({ source: 'graphql', cursors: ['operation 7'] });
  });

  it('does not find another merchant’s import', async () => {
    const { ref } = await world.begin();
    const other = { ...ref, merchantId: aMerchantId() };
    await expect(world.asApi(other, (tx) => cancelImport(tx, world.ctx, other))).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(world.asApi(other, (tx) => resumeImport(tx, world.ctx, other))).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await world.show(ref)).toMatchObject({ status: 'running' });
  });
});

describe('resumeImport', () => {
  const resume = (ref: { merchantId: MerchantId; importId: ImportId }) =>
    world.asApi(ref, (tx) => resumeImport(tx, world.ctx, ref));

  it('continues where a failed run stopped', async () => {
    const { page: planning, ref } = await world.begin();
    await world.plan(planning, 500);
    const page = await world.claim();
    await world.commit(page, 'after-1', { read: 250, created: 250 });
    await world.asImporter((tx) => failRun(tx, world.ctx, { ...page, page: 1, message: 'why' }));
    const { startedAt } = await world.show(ref);
    expect(await resume(ref)).toMatchObject({ status: 'pending', error: null, finishedAt: null, read: 250 });
    await expect(resume(ref)).rejects.toMatchObject({ kind: 'failed_precondition' });
    const next = await world.claim();
    expect(next).toMatchObject({ slice: 1, page: 1 });
    expect(next.fence).toBeGreaterThan(page.fence);
    expect(await world.asImporter((tx) => claimPage(tx, next))).toMatchObject({ cursor: 'after-1' });
    expect(await world.show(ref)).toMatchObject({ status: 'running', startedAt, expected: 500 });
  });

  it.each(['plan', 'read', 'reconcile', 'verify'])(
    'continues when the cancel came between the claim and the commit of the last %s page',
    async (kind) => {
      const { ref, page: planning } = await world.begin();
      /** Cancels and resumes the run in the middle of this kind's last page. */
      const amid = async (page: PageRef, commit: () => Promise<unknown>) => {
        if ((await world.asImporter((tx) => claimPage(tx, page)))?.kind !== kind) return commit();
        await world.asApi(ref, (tx) => cancelImport(tx, world.ctx, ref));
        await commit();
        await world.asImporter((tx) => finishCancels(tx, world.ctx));
        return (await world.show(ref)).status === 'completed' ? undefined : resume(ref);
      };
      const last = async (cursor: string | null, ids: number[] = []) => {
        const page = await world.claim();
        await amid(page, () => world.finish(page, cursor, ids));
      };
      await amid(planning, () => world.plan(planning, 2));
      await last(null, [1, 2]);
      await last(null);
      await last(null);
      await last('2');
      expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 2, created: 2 });
    },
  );

  it('plans an incomplete run again, and counts from zero', async () => {
    const { page, ref } = await world.begin();
    await world.plan(page, 3);
    await world.read([1, 2]);
    await world.read([]);
    await world.read([]);
    await world.verify(3);
    await world.list([1, 2]);
    await world.verify(3);
    const before = await world.show(ref);
    expect(before).toMatchObject({ status: 'incomplete', read: 2, created: 2 });
    expect(await resume(ref)).toMatchObject({
      status: 'pending',
      read: 0,
      created: 0,
      expected: null,
      startedAt: null,
    });
    const again = await world.claim();
    expect(again.slice).toBe((await world.slicesOf(ref)).length - 1); // a number never used before
    await world.plan(again, 3);
    await world.read([1, 2, 3]);
    await world.read([]);
    await world.read([]);
    expect(await world.verify(3)).toEqual([]);
    expect(await world.show(ref)).toMatchObject({
      status: 'completed',
      expected: 3,
      read: 3,
      created: 1,
      unchanged: 2,
    });
    await expect(resume(ref)).rejects.toMatchObject({ kind: 'failed_precondition' });
  });

  it('reads the shop again when an earlier build left nothing to continue with', async () => {
    const { page, ref } = await world.begin();
    await world.plan(page, 1);
    await world.commit(await world.claim(), null); // and no advance
    await world.asApi(ref, (tx) => cancelImport(tx, world.ctx, ref));
    await world.asImporter((tx) => finishCancels(tx, world.ctx));
    expect(await resume(ref)).toMatchObject({ status: 'pending', expected: null });
    await world.plan(await world.claim(), 1);
    await world.read([1]);
    expect(await world.show(ref)).toMatchObject({ status: 'running', read: 1 });
  });

  it('refuses to resume while another import holds the shop, also when both start at once', async () => {
    const { ref, page, shop } = await world.begin();
    await world.asImporter((tx) => failRun(tx, world.ctx, { ...page, message: 'why' }));
    const { importId } = await world.start(shop);
    await expect(resume(ref)).rejects.toMatchObject({
      kind: 'already_exists',
      message: expect.stringContaining(importId) as string,
    });
    await world.asApi(shop, (tx) => cancelImport(tx, world.ctx, { ...shop, importId }));
    const outcomes = await Promise.allSettled([
      resume(ref),
      resume({ ...shop, importId }),
      world.start(shop),
      resume(ref),
    ]);
    const failures = outcomes.flatMap((o) =>
      o.status === 'rejected' ? [o.reason as { kind?: string }] : [],
    );
    expect(failures).toHaveLength(3);
    for (const { kind } of failures) expect(['already_exists', 'failed_precondition']).toContain(kind);
  });
});

describe('pruneImports', () => {
  const prune = () => world.asImporter((tx) => pruneImports(tx));
  /** Sets the end of a run to so many days ago. */
  const age = (ref: { importId: ImportId }, days: number) =>
    world.owner.query(
      "update customer_import_logs set finished_at = now() - $2 * interval '1 day' where id = $1",
      [ref.importId, days],
    );
  const keptOf = async ({ importId }: { importId: ImportId }) =>
    (
      await world.owner.query<{ ids: number; cursors: number; open: number }>(
        `select (select count(*) from customer_import_ids where import_id = $1)::int as ids,
                count(cursor)::int as cursors, count(*) filter (where not done)::int as open
           from customer_import_slices where import_id = $1`,
        [importId],
      )
    ).rows[0]!;
  /** A run that failed with one slice read and another one in progress. */
  const interrupted = async () => {
    const { page, ref } = await world.begin();
    const cut = '2026-01-01T00:00:00Z';
    await world.plan(page, 3, [{ createdTo: cut }, { createdFrom: cut }]);
    await world.read([1, 2]);
    const half = await world.claim();
    await world.commit(half, 'cursor');
    await world.asImporter((tx) => failRun(tx, world.ctx, { ...half, page: 1, message: 'why' }));
    return ref;
  };

  it('deletes ids and cursors of a run that was interrupted a month ago; a resume reads the shop again', async () => {
    const ref = await interrupted();
    await age(ref, 29);
    expect(await prune()).toBe(false);
    expect(await keptOf(ref)).toEqual({ ids: 1, cursors: 1, open: 1 });
    await age(ref, 31);
    expect(await prune()).toBe(false);
    expect(await keptOf(ref)).toEqual({ ids: 0, cursors: 0, open: 0 });
    expect(await world.show(ref)).toMatchObject({ status: 'failed', error: 'why', expected: 3, created: 2 });

    await world.asApi(ref, (tx) => resumeImport(tx, world.ctx, ref));
    expect(await world.show(ref)).toMatchObject({
      status: 'pending',
      expected: null,
      startedAt: null,
      read: 0,
    });
    await world.plan(await world.claim(), 3);
    await world.read([1, 2, 3]);
    await world.read([]);
    await world.read([]);
    await world.verify(3);
    expect(await world.show(ref)).toMatchObject({ status: 'completed', read: 3, created: 1, unchanged: 2 });
  });

  it('keeps ids and cursors of runs in progress', async () => {
    const { page, ref } = await world.begin();
    await world.commit(page, 'cursor');
    await age(ref, 31); // finished_at of an earlier attempt
    await prune();
    expect(await keptOf(ref)).toEqual({ ids: 0, cursors: 1, open: 1 });
  });

  it('deletes errors that are older than three months', async () => {
    const { ref } = await world.begin();
    await world.given.importErrors(
      ref,
      [1, 89, 91, 400].map((daysOld) => ({
        externalId: `gid://shopify/Customer/${daysOld}`,
        reason: 'invalid_email',
        daysOld,
      })),
    );
    await prune();
    const { rows } = await world.owner.query<{ external_id: string }>(
      'select external_id from customer_import_errors where import_id = $1 order by id desc',
      [ref.importId],
    );
    expect(rows.map(({ external_id }) => external_id)).toEqual([
      'gid://shopify/Customer/1',
      'gid://shopify/Customer/89',
    ]);
  });
});
