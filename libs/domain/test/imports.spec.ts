import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { createMerchantKeyStore, inTransaction, migrateDatabase, parseKeyring, type Tx } from '@core/db';
import { createCoreDatabase, type TestDatabase } from '@core/testing';
import {
  cancelImport,
  claimPage,
  claimSlices,
  commitPage,
  connectShop,
  createPageTokens,
  failRun,
  Fenced,
  finishCancels,
  finishRun,
  getImport,
  listImportErrors,
  listImports,
  pickUpRuns,
  readAccessToken,
  releaseLease,
  resumeImport,
  setExpected,
  setWaiting,
  startImport,
  upsertCustomers,
  type CommandContext,
  type ImportedCustomer,
  type PageRef,
} from '../src/index.ts';

const tokens = createPageTokens([randomBytes(32)]);
const NONE = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

let database: TestDatabase;
// Each step runs as the role of the app that takes it, so that a missing privilege shows.
let api: Pool;
let importer: Pool;
let owner: Pool;
let ctx: CommandContext;

beforeAll(async () => {
  database = await createCoreDatabase(migrateDatabase);
  api = new Pool({ connectionString: database.urlFor('core_api') });
  importer = new Pool({ connectionString: database.urlFor('core_importer') });
  owner = new Pool({ connectionString: database.url, max: 2 });
  const keys = createMerchantKeyStore(parseKeyring(`test:${randomBytes(32).toString('base64')}`));
  ctx = { caller: 'spec', requestId: randomUUID(), keys };
});
afterAll(async () => {
  await Promise.all([api.end(), importer.end(), owner.end()]);
  await database.drop();
});
// A run left over would be picked up by the next test.
afterEach(() =>
  owner.query("update customer_import_logs set status = 'cancelled' where finished_at is null"),
);

const asApi = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => inTransaction(api, work);
const asImporter = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => inTransaction(importer, work);

const newShop = () => ({
  merchantId: randomUUID(),
  shop: `shop-${randomBytes(6).toString('hex')}.myshopify.com`,
});
type Shop = ReturnType<typeof newShop>;

const connect = async (shop: Shop = newShop()): Promise<Shop> => {
  await asApi((tx) => connectShop(tx, ctx, { ...shop, accessToken: 'shpat_secret' }));
  return shop;
};
const start = (shop: Shop, options: { mode?: 'full' | 'delta' } = {}) =>
  asApi((tx) => startImport(tx, ctx, { ...shop, ...options }));
const claim = async (): Promise<PageRef> => {
  const [page] = await asImporter(async (tx) => {
    await pickUpRuns(tx, 10);
    return claimSlices(tx, 10);
  });
  if (!page) throw new Error('nothing to claim');
  return page;
};
const begin = async (shop?: Shop) => {
  const { merchantId, ...rest } = shop ?? (await connect());
  const { importId } = await start({ merchantId, ...rest });
  return { ref: { merchantId, importId }, shop: { merchantId, ...rest }, page: await claim() };
};
const show = (ref: { merchantId: string; importId: string }) => asApi((tx) => getImport(tx, ref));
const commit = (page: PageRef, cursor: string | null, read = 0, counts = NONE) =>
  asImporter((tx) => commitPage(tx, { ...page, cursor, read, counts }));
const finish = (ref: { merchantId: string; importId: string }) => asImporter((tx) => finishRun(tx, ctx, ref));
const runOut = (page: PageRef) =>
  owner.query(
    "update customer_import_slices set lease_until = now() - interval '1 second' where import_id = $1",
    [page.importId],
  );
const actionsOf = async (merchantId: string) =>
  (
    await owner.query<{ action: string }>('select action from audit_log where merchant_id = $1 order by id', [
      merchantId,
    ])
  ).rows.map(({ action }) => action);

describe('connectShop', () => {
  it('stores the token sealed and gives it back in plain', async () => {
    const shop = newShop();
    const connected = await asApi((tx) =>
      connectShop(tx, ctx, {
        ...shop,
        shop: shop.shop.toUpperCase(),
        accessToken: 'shpat_secret',
        refreshToken: 'r',
      }),
    );
    expect(connected).toEqual({ shop: shop.shop });
    const { rows } = await owner.query('select * from shopify_connections where shop = $1', [shop.shop]);
    expect(rows[0]).toMatchObject({
      merchant_id: shop.merchantId,
      access_token: expect.stringMatching(/^1\.[A-Za-z0-9+/=]+$/) as string,
    });
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(await asImporter((tx) => readAccessToken(tx, ctx.keys, shop))).toBe('shpat_secret');
    expect(await actionsOf(shop.merchantId)).toEqual(['shop.connect']);
  });

  it('replaces the token of a shop connected before', async () => {
    const shop = await connect();
    await asApi((tx) => connectShop(tx, ctx, { ...shop, accessToken: 'shpat_new' }));
    expect(await asImporter((tx) => readAccessToken(tx, ctx.keys, shop))).toBe('shpat_new');
  });

  it('refuses another merchant’s shop, and names of other hosts', async () => {
    const shop = await connect();
    const steal = { merchantId: randomUUID(), shop: shop.shop, accessToken: 'x' };
    await expect(asApi((tx) => connectShop(tx, ctx, steal))).rejects.toMatchObject({
      kind: 'already_exists',
    });
    expect(await asImporter((tx) => readAccessToken(tx, ctx.keys, shop))).toBe('shpat_secret');
    for (const name of ['example.com', 'evil.example/x.myshopify.com', '.myshopify.com', '']) {
      await expect(asApi((tx) => connectShop(tx, ctx, { ...steal, shop: name }))).rejects.toMatchObject({
        kind: 'invalid_argument',
        field: 'shop',
      });
    }
  });

  it('does not open a token that was moved to another shop', async () => {
    const [a, b] = [await connect(), newShop()];
    await connect({ ...b, merchantId: a.merchantId });
    await owner.query(
      'update shopify_connections set access_token = (select access_token from shopify_connections where shop = $1) where shop = $2',
      [a.shop, b.shop],
    );
    const moved = { merchantId: a.merchantId, shop: b.shop };
    await expect(asImporter((tx) => readAccessToken(tx, ctx.keys, moved))).rejects.toThrow('does not open');
  });
});

describe('startImport', () => {
  it('writes a pending run with one slice', async () => {
    const shop = await connect();
    const { importId } = await start({ ...shop, shop: shop.shop.toUpperCase() });
    expect(await show({ merchantId: shop.merchantId, importId })).toMatchObject({
      ...shop,
      status: 'pending',
      source: 'auto',
      mode: 'full',
      expected: null,
      read: 0,
      startedAt: null,
      error: null,
    });
    expect(await actionsOf(shop.merchantId)).toEqual(['shop.connect', 'import.start']);
  });

  it('wants the shop connected, by this merchant', async () => {
    const shop = await connect();
    for (const other of [newShop(), { ...shop, merchantId: randomUUID() }]) {
      await expect(start(other)).rejects.toMatchObject({
        kind: 'failed_precondition',
        message: expect.stringContaining('ConnectShop') as string,
      });
    }
  });

  it.each(['bulk', 'rest'] as const)('says that source %s is not available yet', async (source) => {
    const shop = await connect();
    await expect(asApi((tx) => startImport(tx, ctx, { ...shop, source }))).rejects.toMatchObject({
      kind: 'invalid_argument',
      field: 'source',
    });
  });

  it('lets one of many at once start', async () => {
    const shop = await connect();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => start(shop)));
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
    const shop = await connect();
    const first = await start(shop, { mode: 'delta' });
    expect(await show({ ...shop, importId: first.importId })).toMatchObject({ mode: 'full' });
    await commit(await claim(), null);
    await finish({ ...shop, importId: first.importId });
    const { startedAt } = await show({ ...shop, importId: first.importId });

    const second = await start(shop, { mode: 'delta' });
    expect(await show({ ...shop, importId: second.importId })).toMatchObject({ mode: 'delta' });
    const claimed = await asImporter(async (tx) => {
      await pickUpRuns(tx, 10);
      const [page] = await claimSlices(tx, 10);
      return claimPage(tx, page!);
    });
    const [, since] = /^updated_at:>='(.+)'$/.exec(claimed?.range ?? '') ?? [];
    expect(Date.parse(since!)).toBe(startedAt!.getTime() - 300_000);
  });
});

describe('handing out slices', () => {
  it('hands a slice to one importer, and anew with a higher fence when its lease has run out', async () => {
    const { page, ref, shop } = await begin();
    expect(page).toEqual({ ...ref, slice: 0, fence: 1, page: 0 });
    expect(await show(ref)).toMatchObject({
      status: 'running',
      source: 'graphql',
      startedAt: expect.any(Date) as Date,
    });
    expect(await asImporter((tx) => claimSlices(tx, 10))).toEqual([]);
    expect(await asImporter((tx) => claimPage(tx, page))).toEqual({
      shop: shop.shop,
      cursor: null,
      range: '',
      expected: null,
    });

    await runOut(page);
    const successor = await claim();
    expect(successor).toEqual({ ...page, fence: 2 });
    expect(await asImporter((tx) => claimPage(tx, page))).toBeNull();
  });

  it('shares out pending runs among importers that ask at once', async () => {
    await Promise.all(Array.from({ length: 6 }, async () => start(await connect())));
    const claims = await Promise.all(
      Array.from({ length: 5 }, () =>
        asImporter(async (tx) => {
          await pickUpRuns(tx, 10);
          return claimSlices(tx, 10);
        }),
      ),
    );
    const rest = await asImporter(async (tx) => {
      await pickUpRuns(tx, 10);
      return claimSlices(tx, 10);
    });
    const ids = [...claims, rest].flat().map((page) => page.importId);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
  });

  it('hands a released slice out at once', async () => {
    const { page } = await begin();
    await asImporter((tx) => releaseLease(tx, { ...page, page: 7 }));
    expect(await asImporter((tx) => claimSlices(tx, 10))).toEqual([]);
    await asImporter((tx) => releaseLease(tx, page));
    expect(await claim()).toEqual({ ...page, fence: 2 });
  });
});

describe('commitPage', () => {
  it('moves checkpoint and counters, and takes each page once', async () => {
    const { page, ref } = await begin();
    const counts = { created: 3, updated: 2, unchanged: 1, skipped: 1, failed: 1 };
    await commit(page, 'after-1', 8, counts);
    await expect(commit(page, 'after-1', 8, counts)).rejects.toThrow(Fenced);
    const second = { ...page, page: 1 };
    expect(await asImporter((tx) => claimPage(tx, second))).toMatchObject({ cursor: 'after-1' });
    await commit(second, null, 8, counts);
    await expect(commit({ ...page, page: 2 }, null)).rejects.toThrow(Fenced);
    expect(await show(ref)).toMatchObject({
      read: 16,
      created: 6,
      updated: 4,
      unchanged: 2,
      skipped: 2,
      failed: 2,
    });
  });

  it('rolls the rows of a fenced page back', async () => {
    const { page, ref } = await begin();
    await runOut(page);
    await claim();
    const customer: ImportedCustomer = {
      externalId: 'gid://shopify/Customer/1',
      email: 'ada@example.com',
      metadata: {},
      sourceUpdatedAt: new Date(0),
    };
    await expect(
      asImporter(async (tx) => {
        const counts = await upsertCustomers(tx, ctx, { ...ref, customers: [customer] });
        await commitPage(tx, { ...page, cursor: null, read: 1, counts });
      }),
    ).rejects.toThrow(Fenced);
    expect(
      (await owner.query('select 1 from customers where merchant_id = $1', [ref.merchantId])).rowCount,
    ).toBe(0);
    expect(
      (await owner.query('select 1 from outbox_events where merchant_id = $1', [ref.merchantId])).rowCount,
    ).toBe(0);
    expect(await show(ref)).toMatchObject({ read: 0 });
  });
});

describe('the end of a run', () => {
  it.each([
    ['completed', 5, 5, []],
    ['completed', 5, 6, []],
    ['completed_with_errors', 5, 5, ['invalid_email']],
    ['incomplete', 5, 4, []],
    ['incomplete', 5, 4, ['invalid_email']],
  ] as const)('is %s when %d were expected, %d read, errors %p', async (status, expected, read, reasons) => {
    const { page, ref } = await begin();
    await asImporter((tx) => setExpected(tx, { ...ref, expected }));
    await asImporter((tx) => setExpected(tx, { ...ref, expected: 999 }));
    for (const reason of reasons) {
      await owner.query(
        'insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, $4)',
        [ref.importId, ref.merchantId, 'gid://shopify/Customer/1', reason],
      );
    }
    await finish(ref);
    expect((await show(ref)).status).toBe('running'); // its slice is not done
    await commit(page, null, read);
    await finish(ref);
    const run = await show(ref);
    expect(run).toMatchObject({ status, expected, read, finishedAt: expect.any(Date) as Date });
    if (status === 'incomplete') expect(run.error).toMatch(/counted 5 customers.*only 4/);
    else expect(run.error).toBeNull();
    expect(await actionsOf(ref.merchantId)).toEqual(['shop.connect', 'import.start', 'import.end']);
  });

  it('is failed with a message; a fenced importer cannot fail its successor', async () => {
    const { page, ref } = await begin();
    await runOut(page);
    const successor = await claim();
    await expect(asImporter((tx) => failRun(tx, ctx, page, 'late'))).rejects.toThrow(Fenced);
    await expect(asImporter((tx) => setWaiting(tx, page, { reason: 'late', waitMs: 1 }))).rejects.toThrow(
      Fenced,
    );
    expect(await show(ref)).toMatchObject({ status: 'running', waitingReason: null });

    await asImporter((tx) =>
      setWaiting(tx, successor, { reason: 'Shopify asks to wait 2.0 s', waitMs: 2_000 }),
    );
    expect(await show(ref)).toMatchObject({ waitingReason: 'Shopify asks to wait 2.0 s' });
    await asImporter((tx) => failRun(tx, ctx, successor, 'the token was refused'));
    expect(await show(ref)).toMatchObject({
      status: 'failed',
      error: 'the token was refused',
      waitingReason: null,
    });
    expect(await asImporter((tx) => claimPage(tx, successor))).toBeNull();
    await expect(commit(successor, null)).rejects.toThrow(Fenced);
  });
});

describe('cancelImport', () => {
  it('ends a pending run at once, a running one through the importer', async () => {
    const shop = await connect();
    const pending = await start(shop);
    const cancel = (importId: string) => asApi((tx) => cancelImport(tx, ctx, { ...shop, importId }));
    expect(await cancel(pending.importId)).toMatchObject({
      status: 'cancelled',
      finishedAt: expect.any(Date) as Date,
    });
    await expect(cancel(pending.importId)).rejects.toMatchObject({ kind: 'failed_precondition' });

    const { page, ref } = await begin(shop);
    expect(await cancel(ref.importId)).toMatchObject({ status: 'cancelling', finishedAt: null });
    expect(await cancel(ref.importId)).toMatchObject({ status: 'cancelling' });
    expect(await asImporter((tx) => claimPage(tx, page))).toBeNull();
    await asImporter((tx) => finishCancels(tx, ctx));
    expect(await show(ref)).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Date) as Date });
    await expect(commit(page, null)).rejects.toThrow(Fenced);
    expect((await actionsOf(shop.merchantId)).slice(1)).toEqual([
      'import.start',
      'import.cancel',
      'import.start',
      'import.cancel',
      'import.end',
    ]);
  });

  it('knows no other merchant’s import', async () => {
    const { ref } = await begin();
    const other = { ...ref, merchantId: randomUUID() };
    await expect(asApi((tx) => cancelImport(tx, ctx, other))).rejects.toMatchObject({ kind: 'not_found' });
    await expect(asApi((tx) => resumeImport(tx, ctx, other))).rejects.toMatchObject({ kind: 'not_found' });
    expect(await show(ref)).toMatchObject({ status: 'running' });
  });
});

describe('resumeImport', () => {
  const resume = (ref: { merchantId: string; importId: string }) => asApi((tx) => resumeImport(tx, ctx, ref));

  it('goes on where a failed run stopped', async () => {
    const { page, ref } = await begin();
    await asImporter((tx) => setExpected(tx, { ...ref, expected: 500 }));
    await commit(page, 'after-1', 250, { ...NONE, created: 250 });
    await asImporter((tx) => failRun(tx, ctx, { ...page, page: 1 }, 'why'));
    const { startedAt } = await show(ref);
    expect(await resume(ref)).toMatchObject({ status: 'pending', error: null, finishedAt: null, read: 250 });
    await expect(resume(ref)).rejects.toMatchObject({ kind: 'failed_precondition' });
    const next = await claim();
    expect(next).toMatchObject({ page: 1 });
    expect(next.fence).toBeGreaterThan(page.fence);
    expect(await asImporter((tx) => claimPage(tx, next))).toMatchObject({ cursor: 'after-1', expected: 500 });
    expect(await show(ref)).toMatchObject({ status: 'running', startedAt });
  });

  it('reads an incomplete run anew from its beginning', async () => {
    const { page, ref } = await begin();
    await asImporter((tx) => setExpected(tx, { ...ref, expected: 9 }));
    await commit(page, null, 8, { ...NONE, created: 8 });
    await finish(ref);
    expect(await resume(ref)).toMatchObject({ status: 'pending', read: 0, created: 0, expected: null });
    const next = await claim();
    expect(await asImporter((tx) => claimPage(tx, next))).toMatchObject({ cursor: null, expected: null });
    await commit(next, null, 8);
    await finish(ref);
    expect(await show(ref)).toMatchObject({ status: 'completed' });
    await expect(resume(ref)).rejects.toMatchObject({ kind: 'failed_precondition' });
  });

  it('waits for the import that holds the shop, also when both start at once', async () => {
    const { ref, page, shop } = await begin();
    await asImporter((tx) => failRun(tx, ctx, page, 'why'));
    const { importId } = await start(shop);
    await expect(resume(ref)).rejects.toMatchObject({
      kind: 'already_exists',
      message: expect.stringContaining(importId) as string,
    });
    await asApi((tx) => cancelImport(tx, ctx, { ...shop, importId }));
    const outcomes = await Promise.allSettled([
      resume(ref),
      resume({ ...shop, importId }),
      start(shop),
      resume(ref),
    ]);
    const failures = outcomes.flatMap((o) =>
      o.status === 'rejected' ? [o.reason as { kind?: string }] : [],
    );
    expect(failures).toHaveLength(3);
    for (const { kind } of failures) expect(['already_exists', 'failed_precondition']).toContain(kind);
  });
});

describe('lists', () => {
  it('pages imports from the newest to the oldest', async () => {
    const shop = await connect();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { importId } = await start(shop);
      ids.unshift(importId);
      await asApi((tx) => cancelImport(tx, ctx, { ...shop, importId }));
    }
    const listed: string[] = [];
    let pageToken = '';
    do {
      const page = await asApi((tx) =>
        listImports(tx, tokens, { merchantId: shop.merchantId, pageSize: 2, pageToken }),
      );
      listed.push(...page.imports.map((run) => run.importId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(listed).toEqual(ids);
    const other = await asApi((tx) =>
      listImports(tx, tokens, { merchantId: randomUUID(), pageSize: 0, pageToken: '' }),
    );
    expect(other).toEqual({ imports: [], nextPageToken: '' });
  });

  it('pages a run’s errors, to its merchant alone', async () => {
    const { ref } = await begin();
    for (let i = 0; i < 3; i++) {
      await owner.query(
        'insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, $4)',
        [ref.importId, ref.merchantId, `gid://shopify/Customer/${i}`, 'email_shared'],
      );
    }
    const list = (pageToken: string) =>
      asApi((tx) => listImportErrors(tx, tokens, { ...ref, pageSize: 2, pageToken }));
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
    const foreign = { ...ref, merchantId: randomUUID(), pageSize: 2, pageToken: '' };
    await expect(asApi((tx) => listImportErrors(tx, tokens, foreign))).rejects.toMatchObject({
      kind: 'not_found',
    });
    for (const pageToken of ['x', first.nextPageToken.slice(2), `${'A'.repeat(22)}'`]) {
      await expect(list(pageToken)).rejects.toMatchObject({ kind: 'invalid_argument', field: 'page_token' });
    }
  });
});
