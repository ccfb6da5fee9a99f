import { inTransaction } from '@core/db';
import {
  claimWebhookCheck,
  connectShop,
  disconnectShop,
  finishWebhookCheck,
  getShop,
  moveShop,
  storeScopes,
  SUBSCRIBED_TOPICS,
  uninstallApp,
  type WebhookTopic,
} from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { createPlanTierCache } from '@core/shopify';
import { shopIdOf, type FaultKind } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import { createImporterMetrics } from '../src/metrics.ts';
import { bindShops } from '../src/shop-clients.ts';
import { checkNext, type KeepWebhooksDeps } from '../src/webhooks/keep-webhooks.ts';
import type { WebhookSettings } from '../src/webhooks/check-webhooks.ts';
import { openWorld, UNLIMITED, type ConnectedShop } from './support.ts';

const ADDRESS = 'https://core.example.com/webhooks/shopify';
const FORMER = 'https://old.example.com/webhooks/shopify';
const BY_SHOP: WebhookSettings = { by: 'shop', address: ADDRESS };
const SCOPES = ['read_customer_merge', 'read_customers'];

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => void (world = await openWorld({ redisDatabase: 8 })));
afterEach(() => world.reset());
afterAll(() => world.close());

/** Connects a shop with all scopes, whose check is due. */
async function dueShop(scopes = SCOPES): Promise<ConnectedShop> {
  const connected = await world.connect(0);
  connected.far.scopes = scopes;
  await world.asApi(connected, (tx) => storeScopes(tx, world.ctx, { ...connected, scopes, at: new Date() }));
  return connected;
}

const importer = (webhooks: WebhookSettings = BY_SHOP) => {
  const registry = new Registry();
  const warned: unknown[] = [];
  const log = { ...createLogger('importer', 'fatal'), warn: (fields: unknown) => void warned.push(fields) };
  const metrics = createImporterMetrics(registry, () => 0);
  const deps: KeepWebhooksDeps = {
    pool: world.pool,
    shopClient: bindShops({
      api: world.shopify,
      tokens: world.tokens,
      limiter: UNLIMITED,
      planTiers: createPlanTierCache(),
      metrics,
      log: world.log,
    }),
    webhooks,
    metrics,
    log: log as unknown as KeepWebhooksDeps['log'],
  };
  /** Checks all shops that are due. */
  const check = async () => {
    while (await checkNext(deps, new AbortController().signal));
  };
  return { check, warned, figures: () => registry.metrics() };
};
const makeDue = ({ shop }: ConnectedShop) =>
  world.owner.query('update shopify_connections set webhooks_due_at = now() where shop = $1', [shop]);
const dueIn = async ({ shop }: ConnectedShop): Promise<number> =>
  (
    await world.owner.query<{ hours: number }>(
      `select extract(epoch from webhooks_due_at - now())::float8 / 3600 as hours
         from shopify_connections where shop = $1`,
      [shop],
    )
  ).rows[0]!.hours;
const subscribed = ({ far }: ConnectedShop) =>
  far.subscriptions.list().map(({ topic, uri }) => `${topic} ${uri}`);
const requestsOf = ({ far }: ConnectedShop) => far.stats().requests;
const problemsOf = async (shop: ConnectedShop) =>
  (await world.asApi(shop, (tx) => getShop(tx, shop))).webhookProblems;
const all = (address = ADDRESS) => SUBSCRIBED_TOPICS.map((topic) => `${topic} ${address}`);

it('subscribes a new shop to every topic once, and a second check sends one query and no mutation', async () => {
  const shop = await dueShop();
  const { check, figures } = importer();
  await check();
  expect(subscribed(shop).sort()).toEqual(all().sort());
  expect(await problemsOf(shop)).toEqual([]);
  const [before, ids] = [requestsOf(shop), shop.far.subscriptions.list().map(({ id }) => id)];
  await check();
  expect(requestsOf(shop)).toBe(before);
  await makeDue(shop);
  await check();
  expect(requestsOf(shop)).toBe(before + 1);
  expect(shop.far.subscriptions.list().map(({ id }) => id)).toEqual(ids);
  expect(await figures()).toContain(`core_webhook_subscriptions_total{change="created"} ${ids.length}`);
  expect(await figures()).toContain('core_webhook_checks_total{outcome="ok"} 2');
});

it('restores what Shopify has removed, also beyond the first page of the list', async () => {
  const shop = await dueShop();
  // Other parts of the platform subscribe to the same topics with the same app.
  for (let n = 0; n < 120; n++)
    shop.far.subscriptions.add('customers/update', `https://points.example.com/hooks/${n}`);
  await importer().check();
  const others = subscribed(shop).filter((each) => each.includes('points'));
  expect(others).toHaveLength(120);
  const lost = shop.far.subscriptions.list().find(({ topic }) => topic === 'customers/delete')!;
  shop.far.subscriptions.remove(lost.id);
  await makeDue(shop);
  const before = requestsOf(shop);
  await importer().check();
  expect(requestsOf(shop)).toBe(before + 3); // two pages, one mutation
  expect(
    subscribed(shop)
      .filter((each) => !each.includes('points'))
      .sort(),
  ).toEqual(all().sort());
});

it('moves subscriptions from a former address, removes second ones, and replaces those that leave events out', async () => {
  const shop = await dueShop();
  const { add } = shop.far.subscriptions;
  const [first, ...rest] = SUBSCRIBED_TOPICS as [WebhookTopic, ...WebhookTopic[]];
  const moved = add(first, FORMER);
  add(first, 'https://older.example.com/webhooks/shopify');
  for (const topic of rest.slice(0, 2)) add(topic, ADDRESS, { filter: 'id:7' });
  add(rest[2]!, ADDRESS, { includeFields: ['id'] });
  add(rest[2]!, FORMER);
  await importer().check();
  expect(subscribed(shop).sort()).toEqual(all().sort());
  expect(shop.far.subscriptions.list()).toContainEqual(
    expect.objectContaining({ id: moved.id, uri: ADDRESS }),
  );
  expect(
    shop.far.subscriptions.list().every(({ filter, includeFields }) => !filter && !includeFields.length),
  ).toBe(true);
});

it('tells the merchant of topics that Shopify denies, and subscribes to the others', async () => {
  const shop = await dueShop();
  shop.far.approval = 'none';
  const { check, warned, figures } = importer();
  await check();
  const denied = SUBSCRIBED_TOPICS.filter((topic) => topic.startsWith('customers/'));
  expect(await problemsOf(shop)).toEqual(denied.map((topic) => `not_approved ${topic}`));
  expect(subscribed(shop)).toHaveLength(SUBSCRIBED_TOPICS.length - denied.length);
  expect(warned).toHaveLength(denied.length);
  expect(await figures()).toContain('core_webhook_checks_total{outcome="refused"} 1');
  shop.far.approval = 'full';
  await makeDue(shop);
  await check();
  expect(await problemsOf(shop)).toEqual([]);
  expect(subscribed(shop).sort()).toEqual(all().sort());
});

it('does not ask for a topic whose scope is missing, and subscribes as soon as it is granted', async () => {
  const shop = await dueShop(['read_customers']);
  await importer().check();
  expect(subscribed(shop).sort()).toEqual(
    all()
      .filter((each) => !each.startsWith('customers/merge'))
      .sort(),
  );
  expect(await problemsOf(shop)).toEqual([]);
  shop.far.scopes = SCOPES;
  const worker = world.stack.pool('core_worker', { max: 1 });
  await inTransaction(worker, (tx) =>
    storeScopes(tx, world.ctx, { ...shop, scopes: SCOPES, at: new Date() }),
  );
  await importer().check();
  expect(subscribed(shop).sort()).toEqual(all().sort());
});

it('changes nothing where the app’s configuration subscribes, and reports subscriptions of the shop', async () => {
  const shop = await dueShop();
  shop.far.subscriptions.add('customers/update', ADDRESS);
  shop.far.subscriptions.add('customers/update', 'https://points.example.com/hooks');
  const { check, warned } = importer({ by: 'app' });
  await check();
  expect(warned).toEqual([expect.objectContaining({ shop: shop.shop, subscriptions: 1 })]);
  expect(subscribed(shop)).toHaveLength(2);
  expect(requestsOf(shop)).toBe(1);
});

it('sends no request to a shop that has left', async () => {
  const [uninstalled, disconnected] = [await dueShop(), await dueShop()];
  await world.asApi(uninstalled, (tx) =>
    uninstallApp(tx, world.ctx, {
      ...uninstalled,
      shopId: String(shopIdOf(uninstalled.shop)),
      at: new Date(),
    }),
  );
  await world.asApi(disconnected, (tx) => disconnectShop(tx, world.ctx, disconnected));
  await importer().check();
  expect([requestsOf(uninstalled), requestsOf(disconnected)]).toEqual([0, 0]);
});

it('follows a renamed shop', async () => {
  const shop = await dueShop();
  await importer().check();
  const newShop = `new-${shop.shop}`;
  world.standIn.rename(shop.shop, newShop);
  await world.asApi(shop, (tx) =>
    moveShop(tx, world.ctx, {
      merchantId: shop.merchantId,
      shop: shop.shop,
      newShop,
      shopId: String(shopIdOf(shop.shop)),
    }),
  );
  const before = requestsOf(shop);
  await importer().check();
  expect(requestsOf(shop)).toBe(before + 1);
  expect(await dueIn({ ...shop, shop: newShop })).toBeGreaterThan(17);
});

it('checks each shop once with several importers, and a failing shop again within the next hours', async () => {
  const shops = [await dueShop(), await dueShop(), await dueShop(), await dueShop()];
  const [away, ...good] = shops as [ConnectedShop, ...ConnectedShop[]];
  away.far.fault({ kind: 'http503', times: 100 });
  const importers = [importer(), importer(), importer()];
  await Promise.all(importers.map(({ check }) => check()));
  for (const shop of good) {
    expect(requestsOf(shop)).toBe(1 + SUBSCRIBED_TOPICS.length);
    const hours = await dueIn(shop);
    expect(hours).toBeGreaterThan(17.5);
    expect(hours).toBeLessThan(30.5);
  }
  expect(await problemsOf(away)).toBeNull();
  expect(await dueIn(away)).toBeGreaterThan(0.5);
  expect(await dueIn(away)).toBeLessThan(1.5);
});

it('takes over the check of an importer that was killed, when its lease ends', async () => {
  const shop = await dueShop();
  expect(await inTransaction(world.pool, claimWebhookCheck)).toMatchObject({ shop: shop.shop });
  await importer().check();
  expect(requestsOf(shop)).toBe(0);
  await makeDue(shop);
  await importer().check();
  expect(subscribed(shop)).toHaveLength(SUBSCRIBED_TOPICS.length);
});

it('checks a shop at once when it is connected again', async () => {
  const shop = await dueShop();
  await importer().check();
  expect(await dueIn(shop)).toBeGreaterThan(17);
  const { merchantId, shop: name, far } = shop;
  const shopId = String(shopIdOf(name));
  await world.asApi(shop, (tx) =>
    connectShop(tx, world.ctx, { merchantId, shop: name, shopId, accessToken: far.accessToken }),
  );
  for (const { id } of far.subscriptions.list()) far.subscriptions.remove(id);
  await importer().check();
  expect(subscribed(shop).sort()).toEqual(all().sort());
});

it('checks again when the shop was connected again during the check', async () => {
  const shop = await dueShop();
  const due = await inTransaction(world.pool, claimWebhookCheck);
  await makeDue(shop);
  await world.asApi(shop, (tx) =>
    finishWebhookCheck(tx, {
      due: due!,
      at: new Date(Date.now() + 60_000),
      problems: ['refused app/uninstalled'],
    }),
  );
  expect(await dueIn(shop)).toBeLessThanOrEqual(0);
  expect(await problemsOf(shop)).toBeNull();
});

it('runs in an importer, within the limit of the shop', async () => {
  const shop = await dueShop();
  world.startImporter({ webhooks: BY_SHOP });
  await waitUntil(() => subscribed(shop).length === SUBSCRIBED_TOPICS.length, { what: 'the subscriptions' });
  await waitUntil(async () => (await dueIn(shop)) > 17, { what: 'the next check to be planned' });
});

describe('whether a shop accepts its token', () => {
  const answerOf = async ({ shop }: ConnectedShop) =>
    (
      await world.owner.query<{ answered_at: Date | null; is_refused: boolean }>(
        'select answered_at, is_refused from shopify_connections where shop = $1',
        [shop],
      )
    ).rows[0]!;

  it('is stored with the time of its answer, and again at the next check', async () => {
    const shop = await dueShop();
    const { check } = importer();
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    await check();
    const { answered_at: answeredAt, is_refused: isRefused } = await answerOf(shop);
    expect([answeredAt!.getTime() >= before, isRefused]).toEqual([true, false]);
    shop.far.accessToken = 'shpat_of_a_later_installation';
    await makeDue(shop);
    await check();
    expect(await answerOf(shop)).toEqual({ answered_at: answeredAt, is_refused: true });
  });

  it.each<[string, FaultKind]>([
    ['away', 'http503'],
    ['frozen', { status: 402, body: Buffer.from('{"errors":"Unavailable Shop"}'), headers: {} }],
    ['locked', { status: 423, body: Buffer.from('{"errors":"Locked"}'), headers: {} }],
  ])('is not known while the shop is %s', async (_, kind) => {
    const shop = await dueShop();
    shop.far.fault({ kind });
    const { check } = importer();
    await check();
    expect(await answerOf(shop)).toEqual({ answered_at: null, is_refused: false });
  });

  it('is asked again when the merchant connects the shop with another token', async () => {
    const shop = await dueShop();
    const { check } = importer();
    shop.far.accessToken = 'shpat_another';
    await check();
    expect(await answerOf(shop)).toMatchObject({ is_refused: true });
    const { merchantId, shop: domain } = shop;
    await world.asApi(shop, (tx) =>
      connectShop(tx, world.ctx, {
        merchantId,
        shop: domain,
        shopId: String(shopIdOf(domain)),
        accessToken: 'shpat_another',
      }),
    );
    expect(await answerOf(shop)).toEqual({ answered_at: null, is_refused: false });
    await check();
    expect((await answerOf(shop)).answered_at).not.toBeNull();
  });
});
