import { randomBytes } from 'node:crypto';
import { aMerchantId } from '@core/testing';
import {
  cancelImport,
  claimPage,
  createPageTokens,
  listImportErrors,
  listImports,
  rangeOfRun,
} from '../src/index.ts';
import { newShop, openImports, type ImportsWorld } from './imports-support.ts';

const tokens = createPageTokens([randomBytes(32)]);

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

describe('startImport', () => {
  it('writes a pending run with the slice that plans it', async () => {
    const shop = await world.connect();
    const { importId } = await world.start({ ...shop, shop: shop.shop.toUpperCase() });
    expect(await world.show({ merchantId: shop.merchantId, importId })).toMatchObject({
      ...shop,
      status: 'pending',
      source: 'auto',
      mode: 'full',
      expected: null,
      read: 0,
      startedAt: null,
      error: null,
    });
    expect(await world.slicesOf({ merchantId: shop.merchantId, importId })).toEqual([
      { kind: 'plan', range: '', done: false },
    ]);
    expect(await world.actionsOf(shop.merchantId)).toEqual(['shop.connect', 'import.start']);
  });

  it('requires the shop to be connected by this merchant', async () => {
    const shop = await world.connect();
    for (const other of [newShop(), { ...shop, merchantId: aMerchantId() }]) {
      await expect(world.start(other)).rejects.toMatchObject({
        kind: 'failed_precondition',
        message: expect.stringContaining('ConnectShop') as string,
      });
    }
  });

  it.each(['bulk', 'rest', 'graphql'] as const)('stores the requested source: %s', async (source) => {
    const shop = await world.connect();
    const { importId } = await world.start(shop, { source });
    expect(await world.show({ ...shop, importId })).toMatchObject({ source });
  });

  it('starts one of many concurrent calls', async () => {
    const shop = await world.connect();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => world.start(shop)));
    const started = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value.importId] : []));
    expect(started).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({
          kind: 'already_exists',
          message: expect.stringContaining(started[0]!) as string,
        });
      }
    }
  });

  it('reads changes since the last completed run, or everything when there is none', async () => {
    const shop = await world.connect();
    const first = await world.start(shop, { mode: 'delta' });
    const ref = { ...shop, importId: first.importId };
    expect(await world.show(ref)).toMatchObject({ mode: 'full' });
    await world.plan(await world.claim(), 0, []);
    await world.verify(0);
    const { startedAt, status } = await world.show(ref);
    expect(status).toBe('completed');

    const { page, ref: second } = await world.begin(shop, { mode: 'delta' });
    expect(await world.show(second)).toMatchObject({ mode: 'delta' });
    const claimed = await world.asImporter((tx) => claimPage(tx, page));
    expect(claimed?.since).toEqual(startedAt);
    const { updatedFrom, createdTo } = rangeOfRun(claimed!);
    expect(startedAt!.getTime() - Date.parse(updatedFrom!)).toBeGreaterThanOrEqual(300_000);
    expect(startedAt!.getTime() - Date.parse(updatedFrom!)).toBeLessThan(301_000);
    expect(Date.parse(createdTo!)).toBeGreaterThanOrEqual(claimed!.startedAt.getTime());
  });
});

describe('lists', () => {
  it('lists imports in pages from the newest to the oldest', async () => {
    const shop = await world.connect();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { importId } = await world.start(shop);
      ids.unshift(importId);
      await world.asApi(shop, (tx) => cancelImport(tx, world.ctx, { ...shop, importId }));
    }
    const listed: string[] = [];
    let pageToken = '';
    do {
      const page = await world.asApi(shop, (tx) =>
        listImports(tx, { pageTokens: tokens }, { merchantId: shop.merchantId, pageSize: 2, pageToken }),
      );
      listed.push(...page.imports.map((run) => run.importId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(listed).toEqual(ids);
    const nobody = { merchantId: aMerchantId(), pageSize: 0, pageToken: '' };
    const other = await world.asApi(nobody, (tx) => listImports(tx, { pageTokens: tokens }, nobody));
    expect(other).toEqual({ imports: [], nextPageToken: '' });
  });

  it('lists a run’s errors in pages, for its merchant only', async () => {
    const { ref } = await world.begin();
    for (let i = 0; i < 3; i++) {
      await world.given.importErrors(ref, [
        { externalId: `gid://shopify/Customer/${i}`, reason: 'email_shared' },
      ]);
    }
    const list = (pageToken: string) =>
      world.asApi(ref, (tx) =>
        listImportErrors(tx, { pageTokens: tokens }, { ...ref, pageSize: 2, pageToken }),
      );
    const first = await list('');
    expect(first.errors).toEqual(
      [0, 1].map((i) => ({
        externalId: `gid://shopify/Customer/${i}`,
        reason: 'email_shared',
        occurredAt: expect.any(Date) as Date,
      })),
    );
    const second = await list(first.nextPageToken);
    expect(second).toMatchObject({ errors: [{ externalId: 'gid://shopify/Customer/2' }], nextPageToken: '' });
    const foreign = { ...ref, merchantId: aMerchantId(), pageSize: 2, pageToken: '' };
    await expect(
      world.asApi(foreign, (tx) => listImportErrors(tx, { pageTokens: tokens }, foreign)),
    ).rejects.toMatchObject({
      kind: 'not_found',
    });
    for (const pageToken of ['x', first.nextPageToken.slice(2), `${'A'.repeat(22)}'`]) {
      await expect(list(pageToken)).rejects.toMatchObject({ kind: 'invalid_argument', field: 'page_token' });
    }
  });
});
