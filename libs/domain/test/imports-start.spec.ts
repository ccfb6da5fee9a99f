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
import { newShop, openImports, type ImportsBench } from './imports-support.ts';

const tokens = createPageTokens([randomBytes(32)]);

let bench: ImportsBench;
beforeAll(async () => (bench = await openImports()));
afterEach(() => bench.reset());
afterAll(() => bench.close());

describe('startImport', () => {
  it('writes a pending run with the slice that plans it', async () => {
    const shop = await bench.connect();
    const { importId } = await bench.start({ ...shop, shop: shop.shop.toUpperCase() });
    expect(await bench.show({ merchantId: shop.merchantId, importId })).toMatchObject({
      ...shop,
      status: 'pending',
      source: 'auto',
      mode: 'full',
      expected: null,
      read: 0,
      startedAt: null,
      error: null,
    });
    expect(await bench.slicesOf({ merchantId: shop.merchantId, importId })).toEqual([
      { kind: 'plan', range: '', done: false },
    ]);
    expect(await bench.actionsOf(shop.merchantId)).toEqual(['shop.connect', 'import.start']);
  });

  it('wants the shop connected, by this merchant', async () => {
    const shop = await bench.connect();
    for (const other of [newShop(), { ...shop, merchantId: aMerchantId() }]) {
      await expect(bench.start(other)).rejects.toMatchObject({
        kind: 'failed_precondition',
        message: expect.stringContaining('ConnectShop') as string,
      });
    }
  });

  it.each(['bulk', 'rest', 'graphql'] as const)('keeps the source that was asked for: %s', async (source) => {
    const shop = await bench.connect();
    const { importId } = await bench.start(shop, { source });
    expect(await bench.show({ ...shop, importId })).toMatchObject({ source });
  });

  it('lets one of many at once start', async () => {
    const shop = await bench.connect();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => bench.start(shop)));
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

  it('reads what changed since the last completed run, everything when there is none', async () => {
    const shop = await bench.connect();
    const first = await bench.start(shop, { mode: 'delta' });
    const ref = { ...shop, importId: first.importId };
    expect(await bench.show(ref)).toMatchObject({ mode: 'full' });
    await bench.plan(await bench.claim(), 0, []);
    await bench.verify(0);
    const { startedAt, status } = await bench.show(ref);
    expect(status).toBe('completed');

    const { page, ref: second } = await bench.begin(shop, { mode: 'delta' });
    expect(await bench.show(second)).toMatchObject({ mode: 'delta' });
    const claimed = await bench.asImporter((tx) => claimPage(tx, page));
    expect(claimed?.since).toEqual(startedAt);
    const { updatedFrom, createdTo } = rangeOfRun(claimed!);
    expect(startedAt!.getTime() - Date.parse(updatedFrom!)).toBeGreaterThanOrEqual(300_000);
    expect(startedAt!.getTime() - Date.parse(updatedFrom!)).toBeLessThan(301_000);
    expect(Date.parse(createdTo!)).toBeGreaterThanOrEqual(claimed!.startedAt.getTime());
  });
});

describe('lists', () => {
  it('pages imports from the newest to the oldest', async () => {
    const shop = await bench.connect();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { importId } = await bench.start(shop);
      ids.unshift(importId);
      await bench.asApi(shop, (tx) => cancelImport(tx, bench.ctx, { ...shop, importId }));
    }
    const listed: string[] = [];
    let pageToken = '';
    do {
      const page = await bench.asApi(shop, (tx) =>
        listImports(tx, { pageTokens: tokens }, { merchantId: shop.merchantId, pageSize: 2, pageToken }),
      );
      listed.push(...page.imports.map((run) => run.importId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(listed).toEqual(ids);
    const nobody = { merchantId: aMerchantId(), pageSize: 0, pageToken: '' };
    const other = await bench.asApi(nobody, (tx) => listImports(tx, { pageTokens: tokens }, nobody));
    expect(other).toEqual({ imports: [], nextPageToken: '' });
  });

  it('pages a run’s errors, to its merchant alone', async () => {
    const { ref } = await bench.begin();
    for (let i = 0; i < 3; i++) {
      await bench.owner.query(
        'insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, $4)',
        [ref.importId, ref.merchantId, `gid://shopify/Customer/${i}`, 'email_shared'],
      );
    }
    const list = (pageToken: string) =>
      bench.asApi(ref, (tx) =>
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
      bench.asApi(foreign, (tx) => listImportErrors(tx, { pageTokens: tokens }, foreign)),
    ).rejects.toMatchObject({
      kind: 'not_found',
    });
    for (const pageToken of ['x', first.nextPageToken.slice(2), `${'A'.repeat(22)}'`]) {
      await expect(list(pageToken)).rejects.toMatchObject({ kind: 'invalid_argument', field: 'page_token' });
    }
  });
});
