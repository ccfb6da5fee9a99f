import { listImports, createPageTokens, type ImportRun } from '@core/domain';
import { Registry } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { reconcileNext } from '../src/jobs/start-reconciliations.ts';
import { isFinished, openWorld, type ConnectedShop } from './support.ts';

const DAY_MS = 24 * 60 * 60_000;

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => void (world = await openWorld({ redisDatabase: 7 })));
afterEach(() => world.reset());
afterAll(() => world.close());

/** Decides about all shops that are due. */
const reconcile = async (everyMs = DAY_MS) => {
  while (await reconcileNext({ pool: world.pool, keys: world.ctx.keys, everyMs, log: world.log }));
};
const pages = { pageTokens: createPageTokens([Buffer.alloc(32)]) };
const runsOf = async (shop: ConnectedShop): Promise<ImportRun[]> =>
  (
    await world.asApi(shop, (tx) =>
      listImports(tx, pages, { merchantId: shop.merchantId, pageSize: 50, pageToken: '' }),
    )
  ).imports;
const started = async (shop: ConnectedShop) =>
  (await runsOf(shop)).filter(({ trigger }) => trigger === 'reconciliation');
const set = (shop: ConnectedShop, due: string) =>
  world.owner.query(`update shopify_connections set reconcile_due_at = ${due} where shop = $1`, [shop.shop]);
const dueInHours = async ({ shop }: ConnectedShop): Promise<number> =>
  (
    await world.owner.query<{ hours: number }>(
      `select extract(epoch from reconcile_due_at - now())::float8 / 3600 as hours
         from shopify_connections where shop = $1`,
      [shop],
    )
  ).rows[0]!.hours;
/** Sets the imports so far, and the connection, into a time before all changes of the shop. */
const age = async ({ shop }: ConnectedShop, at = '2000-01-01') => {
  await world.owner.query('update customer_import_logs set started_at = $2 where shop = $1', [shop, at]);
  await world.owner.query('update shopify_connections set created_at = $2 where shop = $1', [shop, at]);
};

/** Connects a shop whose customers are all imported. */
async function importedShop(customers = 0): Promise<ConnectedShop> {
  const shop = await world.connect(customers);
  const importer = world.startImporter();
  await world.until(await world.start(shop), 'finished', isFinished);
  await importer.stop();
  return shop;
}

/** Runs the due reconciliation to its end. */
async function reconciled(shop: ConnectedShop, metrics = new Registry()): Promise<ImportRun> {
  await age(shop);
  await set(shop, 'now()');
  const importer = world.startImporter({ reconcileEveryMs: DAY_MS, metrics });
  const run = await waitUntil(async () => (await started(shop)).find(isFinished) ?? null, {
    what: 'the reconciliation to end',
  });
  await importer.stop();
  return run;
}

describe('a reconciliation', () => {
  it('repairs and counts what webhooks have missed', async () => {
    const shop = await importedShop(6);
    const { owner } = world;
    const [created, email, state, tags] = [...shop.far.all()].map(({ id }) => id);
    const of = 'where merchant_id = $1 and external_id = $2';
    const earlier = `source_updated_at = source_updated_at - interval '1 day', content_hash = '\\x00'`;
    await owner.query(`delete from customers ${of}`, [shop.merchantId, created]);
    await owner.query(`update customers set ${earlier}, email = null, email_hash = null ${of}`, [
      shop.merchantId,
      email,
    ]);
    await owner.query(`update customers set ${earlier}, metadata = metadata || '{"state":"OTHER"}' ${of}`, [
      shop.merchantId,
      state,
    ]);
    // Webhooks contain no tags.
    await owner.query(`update customers set ${earlier}, metadata = metadata || '{"tags":["other"]}' ${of}`, [
      shop.merchantId,
      tags,
    ]);
    const metrics = new Registry();
    expect(await reconciled(shop, metrics)).toMatchObject({
      status: 'completed',
      mode: 'delta',
      created: 1,
      updated: 3,
      missed: 3,
    });
    expect(await metrics.metrics()).toContain('core_import_missed_total 3');
  });

  it('counts nothing when nothing was missed', async () => {
    const shop = await importedShop(5);
    expect(await reconciled(shop)).toMatchObject({ status: 'completed', read: 5, unchanged: 5, missed: 0 });
  });

  it('does not count a change whose webhook may still come', async () => {
    const shop = await importedShop(3);
    shop.far.edit(shop.far.get(0)!.id, { email: 'moved@example.com' });
    expect(await reconciled(shop)).toMatchObject({ updated: 1, missed: 0 });
  });

  it('does not count a change whose webhook waits here', async () => {
    const shop = await importedShop(3);
    await world.owner.query('delete from customers where merchant_id = $1', [shop.merchantId]);
    await world.owner.query(
      `insert into webhook_events (merchant_id, shop, topic, event_id, triggered_at)
       values ($1, $2, 'customers/create', 'waits', '2000-01-02')`,
      [shop.merchantId, shop.shop],
    );
    expect(await reconciled(shop)).toMatchObject({ created: 3, missed: 0 });
  });

  it('does not count what changed before the shop was connected', async () => {
    const shop = await importedShop(3);
    await world.owner.query('delete from customers where merchant_id = $1', [shop.merchantId]);
    await age(shop);
    await world.owner.query('update shopify_connections set created_at = now() where shop = $1', [shop.shop]);
    await set(shop, 'now()');
    await reconcile();
    const importer = world.startImporter();
    const [run] = await started(shop);
    expect(await world.until(run!, 'finished', isFinished)).toMatchObject({ created: 3, missed: 0 });
    await importer.stop();
  });
});

describe('a reconciliation is started', () => {
  it('for a shop at a first time by chance, then after each interval', async () => {
    const shop = await importedShop();
    await age(shop);
    await reconcile();
    expect(await started(shop)).toEqual([]);
    const hours = await dueInHours(shop);
    expect(hours).toBeGreaterThan(-0.1);
    expect(hours).toBeLessThanOrEqual(24);
    await set(shop, 'now()');
    await reconcile();
    expect(await started(shop)).toHaveLength(1);
    expect(await dueInHours(shop)).toBeGreaterThan(23.5);
  });

  it('once by several importers, and not while an import is active', async () => {
    const shop = await importedShop();
    await age(shop);
    await set(shop, 'now()');
    await Promise.all([reconcile(), reconcile(), reconcile()]);
    expect(await started(shop)).toHaveLength(1);
    await world.owner.query(`update customer_import_logs set status = 'paused' where status = 'pending'`);
    await set(shop, 'now()');
    await reconcile();
    expect(await started(shop)).toHaveLength(1);
    expect(await dueInHours(shop)).toBeLessThanOrEqual(1);
  });

  it('not after an import that was completed within the interval', async () => {
    const shop = await importedShop();
    await age(shop, new Date(Date.now() - DAY_MS + 60 * 60_000).toISOString());
    await set(shop, 'now()');
    await reconcile();
    expect(await started(shop)).toEqual([]);
    expect(await dueInHours(shop)).toBeGreaterThan(0.9);
    expect(await dueInHours(shop)).toBeLessThanOrEqual(1);
  });

  it('not for a shop without a completed import', async () => {
    const shop = await world.connect(3);
    await set(shop, 'now()');
    await reconcile();
    expect(await runsOf(shop)).toEqual([]);
  });

  it('not while imports wait for their start', async () => {
    const [shop, busy] = [await importedShop(), await world.connect(3)];
    await age(shop);
    await set(shop, 'now()');
    await world.start(busy);
    await reconcile();
    expect(await started(shop)).toEqual([]);
    expect(await dueInHours(shop)).toBeLessThanOrEqual(0);
  });

  it('not when it is turned off', async () => {
    const shop = await importedShop();
    await age(shop);
    await set(shop, 'now()');
    world.startImporter({ reconcileEveryMs: 0 });
    const [one, other] = [await world.connect(2), await world.connect(2)];
    for (const each of [one, other]) await world.until(await world.start(each), 'finished', isFinished);
    expect(await started(shop)).toEqual([]);
  });
});
