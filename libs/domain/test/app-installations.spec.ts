import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { gid, seeded } from '@core/testing';
import {
  connectShop,
  disconnectShop,
  getImport,
  getShop,
  listShops,
  receiveUnconnected,
  assignShopRedaction,
  recordShopRedaction,
  recordUninstall,
  redactShopStep,
  scheduleShopRedactions,
  setImportSchedule,
  startImport,
  uninstallApp,
  upsertCustomers,
} from '../src/index.ts';
import { newNumber, newShop, openPrivacy, type PrivacyWorld, type Shop } from './privacy-support.ts';

// Installations of the app in a shop: connections, uninstalls and redactions in the orders in which Shopify's
// webhooks may arrive. Times are hours on Shopify's clock.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const START = Date.parse('2026-03-01T00:00:00Z');
const at = (hours: number) => new Date(START + hours * 3_600_000);
const shopIdOfShop = ({ shop }: Shop) => String(shopIdOf(shop));

const connect = (shop: Shop, hours: number) =>
  world.as(
    'api',
    (tx, ctx) =>
      connectShop(tx, ctx, { ...shop, shopId: shopIdOfShop(shop), accessToken: 't', provenAt: at(hours) }),
    shop.merchantId,
  );
/** Receives and applies app/uninstalled, as the api and the worker do. */
async function uninstalled(shop: Shop, hours: number): Promise<boolean> {
  const uninstall = { ...shop, shopId: shopIdOfShop(shop), at: at(hours) };
  await world.as('api', (tx) => recordUninstall(tx, uninstall), shop.merchantId);
  return world.as('worker', (tx, ctx) => uninstallApp(tx, ctx, uninstall));
}
const redact = (shop: Shop, hours = 1_000, requestId: string = randomUUID()) =>
  world.as('worker', async (tx, ctx) => {
    const installation = await assignShopRedaction(tx, {
      ...shop,
      shopId: shopIdOfShop(shop),
      at: at(hours),
    });
    return installation && recordShopRedaction(tx, ctx, { ...shop, ...installation, requestId });
  });
const carryOut = async () => {
  await world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000_000 }));
  while (await world.as('worker', redactShopStep));
};
/** Stores a customer and returns a function that tells whether it is still there. */
async function aCustomer({ merchantId }: Shop) {
  const externalId = gid(newNumber());
  await world.as('importer', (tx, ctx) =>
    upsertCustomers(tx, ctx, {
      merchantId,
      customers: [{ externalId, email: null, metadata: {}, sourceUpdatedAt: new Date() }],
    }),
  );
  return async () =>
    (await world.rows('customers', merchantId)).some(
      (row) => row['external_id'] === externalId && row['erased_at'] === null,
    );
}
const tokensOf = async ({ merchantId }: Shop) => (await world.rows('shopify_connections', merchantId)).length;
const read = (shop: Shop) => world.as('api', (tx) => getShop(tx, shop), shop.merchantId);

describe('an uninstall', () => {
  it('cancels the run with its reason, and deletes the schedule and the tokens; the data stays', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const isThere = await aCustomer(shop);
    const { importId } = await world.as(
      'api',
      async (tx, ctx) => {
        const schedule = { cron: '0 3 * * *', timeZone: 'UTC', mode: 'delta', enabled: true } as const;
        await setImportSchedule(tx, ctx, { ...shop, ...schedule });
        return startImport(tx, ctx, shop);
      },
      shop.merchantId,
    );
    expect(await uninstalled(shop, 1)).toBe(true);
    const run = await world.as('api', (tx) => getImport(tx, { ...shop, importId }), shop.merchantId);
    expect(run).toMatchObject({ status: 'cancelled', error: expect.stringContaining('was uninstalled') });
    expect(await world.rows('import_schedules', shop.merchantId)).toEqual([]);
    expect(await tokensOf(shop)).toBe(0);
    expect(await isThere()).toBe(true);
    expect(await read(shop)).toMatchObject({ connected: false, endReason: 'uninstalled', endedAt: at(1) });
    await expect(
      world.as('api', (tx, ctx) => startImport(tx, ctx, shop), shop.merchantId),
    ).rejects.toMatchObject({ kind: 'failed_precondition' });
  });

  it.each([
    ['an hour before the proof', 1, 0, true],
    ['in the second of the proof', 1, 1, false],
    ['after the proof', 1, 2, false],
  ])('%s: whether the connection stays', async (_, provenAt, uninstalledAt, stays) => {
    const shop = newShop();
    await connect(shop, provenAt);
    expect(await uninstalled(shop, uninstalledAt)).toBe(!stays);
    expect(await tokensOf(shop)).toBe(stays ? 1 : 0);
  });

  it('that arrives twice counts once', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await uninstalled(shop, 1);
    await connect(shop, 2);
    expect(await read(shop)).toMatchObject({ generation: 2 });
  });

  it('that arrives while the merchant connects the shop refuses the dead token', async () => {
    const shop = newShop();
    const webhook = { ...shop, shopId: shopIdOfShop(shop), topic: 'app/uninstalled', at: at(1) } as const;
    expect(await world.as('api', (tx) => receiveUnconnected(tx, webhook))).toBe('recorded');
    await expect(connect(shop, 0.5)).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: `shop: the app was uninstalled from ${shop.shop}; install it again`,
    });
    await connect(shop, 2);
    expect(await world.as('api', (tx) => receiveUnconnected(tx, { ...webhook, at: at(3) }))).toBe(
      'connected',
    );
  });
});

it('a shop that its merchant disconnects keeps its data, and is connected again in the same installation', async () => {
  const shop = newShop();
  await connect(shop, 0);
  const isThere = await aCustomer(shop);
  const disconnect = () => world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), shop.merchantId);
  await disconnect();
  expect(await tokensOf(shop)).toBe(0);
  expect(await read(shop)).toMatchObject({ connected: false, endReason: 'disconnected', generation: 1 });
  await expect(disconnect()).rejects.toMatchObject({ kind: 'failed_precondition' });
  await connect(shop, 1);
  expect(await read(shop)).toMatchObject({ connected: true, endReason: null, endedAt: null, generation: 1 });
  expect(await isThere()).toBe(true);
});

it('another merchant sees neither the shop nor its end', async () => {
  const [shop, other] = [newShop(), newShop()];
  await connect(shop, 0);
  const asOther = { ...shop, merchantId: other.merchantId };
  expect(await world.as('api', (tx) => listShops(tx, asOther), other.merchantId)).toEqual([]);
  await expect(read(asOther)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(
    world.as('api', (tx, ctx) => disconnectShop(tx, ctx, asOther), other.merchantId),
  ).rejects.toMatchObject({ kind: 'failed_precondition' });
  expect(await tokensOf(shop)).toBe(1);
});

describe('shop/redact', () => {
  it('of the only installation erases the shop', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 1);
    expect(await redact(shop)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
    await expect(read(shop)).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('of an earlier installation does not touch the later one', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 2);
    const isThere = await aCustomer(shop);
    expect(await redact(shop)).toBe(false);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
    expect(await world.rows('privacy_requests', shop.merchantId)).toMatchObject([
      { kind: 'shop_redact', cancel_reason: 'superseded', completed_at: null },
    ]);
  });

  it('that waits while the app is installed again does not touch the later installation', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    expect(await redact(shop)).toBe(true);
    await connect(shop, 50);
    const isThere = await aCustomer(shop);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
  });

  it('of a shop that is connected, and whose uninstall was never reported, erases it', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const isThere = await aCustomer(shop);
    expect(await redact(shop)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it.each([
    ['is connected again', [], 2],
    ['is connected again twice, and the second uninstall is redacted first', [6], 8],
  ])('whose uninstall was never reported does not erase a shop that %s', async (_, reported, reconnected) => {
    const shop = newShop();
    await connect(shop, 0);
    for (const hours of reported) {
      await connect(shop, 4);
      await uninstalled(shop, hours);
    }
    await connect(shop, reconnected);
    const isThere = await aCustomer(shop);
    for (const hours of reported) expect(await redact(shop, hours + 48)).toBe(false);
    expect(await redact(shop, 1 + 48)).toBe(false);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
  });

  it('of two uninstalls within an hour do not erase the shop that is connected again', async () => {
    const shop = newShop();
    for (const hours of [0, 0.2]) {
      await connect(shop, hours);
      await uninstalled(shop, hours + 0.1);
    }
    await connect(shop, 0.4);
    const isThere = await aCustomer(shop);
    for (const hours of [48.1, 48.3]) expect(await redact(shop, hours)).toBe(false);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
  });

  it('of the last of two installations erases the shop, when Shopify has cancelled the first one', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 20);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 40);
    expect(await redact(shop, 88)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('is not suppressed by a repeated uninstall with an earlier time', async () => {
    const shop = newShop();
    await connect(shop, 10);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 1);
    await uninstalled(shop, 20);
    expect(await redact(shop, 68)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('that arrives twice counts for one uninstall, also while no merchant has the shop', async () => {
    const shop = newShop();
    const webhook = { ...shop, shopId: shopIdOfShop(shop) };
    const receive = (topic: 'app/uninstalled' | 'shop/redact', hours: number) =>
      world.as('api', (tx) => receiveUnconnected(tx, { ...webhook, topic, at: at(hours) }));
    await receive('app/uninstalled', 0);
    await receive('app/uninstalled', 2);
    await receive('shop/redact', 48);
    await receive('shop/redact', 48);
    await connect(shop, 49);
    const isThere = await aCustomer(shop);
    expect(await redact(shop, 50)).toBe(false);
    expect(await redact(shop, 50)).toBeNull();
    await carryOut();
    expect(await isThere()).toBe(true);
  });

  it('of an earlier installation that no merchant had connected is remembered', async () => {
    const shop = newShop();
    const webhook = { ...shop, shopId: shopIdOfShop(shop) };
    const receive = (topic: 'app/uninstalled' | 'shop/redact', hours: number) =>
      world.as('api', (tx) => receiveUnconnected(tx, { ...webhook, topic, at: at(hours) }));
    await receive('app/uninstalled', 0);
    await receive('app/uninstalled', 2);
    await receive('shop/redact', 48);
    await connect(shop, 49);
    const isThere = await aCustomer(shop);
    expect(await redact(shop)).toBe(false);
    await carryOut();
    expect(await isThere()).toBe(true);
  });
});

/**
 * A random life of a shop: it is installed and uninstalled at random hours. Its webhooks arrive late, twice
 * and in any order, but Shopify sends shop/redact 48 hours after the uninstall.
 */
function aLife(random: () => number) {
  const arrivals: { hours: number; what: 'install' | 'uninstalled' | 'redact'; of: number; id: string }[] =
    [];
  const redactions: { of: number; id: string; copies: number }[] = [];
  let hours = 0;
  const installations = 1 + Math.floor(random() * 4);
  let installed = false;
  for (let n = 0; n < installations; n++) {
    hours += 1 + random() * 40;
    arrivals.push({ hours, what: 'install', of: hours, id: '' });
    installed = true;
    if (n === installations - 1 && random() < 0.5) break;
    hours += 1 + random() * 40;
    installed = false;
    const uninstall = hours;
    for (let copies = random() < 0.3 ? 2 : 1; copies > 0; copies--) {
      arrivals.push({ hours: uninstall + random() * 4, what: 'uninstalled', of: uninstall, id: '' });
    }
    const id = randomUUID();
    redactions.push({ of: uninstall, id, copies: random() < 0.3 ? 2 : 1 });
  }
  for (const { of, id, copies } of redactions) {
    // Shopify may cancel the redaction of a shop in which the app is installed again.
    const isCancelled = arrivals.some(
      ({ what, hours }) => what === 'install' && hours > of && hours < of + 48,
    );
    if (isCancelled && random() < 0.5) continue;
    for (let copy = 0; copy < copies; copy++) {
      arrivals.push({ hours: of + 48 + random() * 4, what: 'redact', of, id });
    }
  }
  return { installed, arrivals: arrivals.sort((one, other) => one.hours - other.hours) };
}

const SEEDS = 40;
it(`in ${SEEDS} random orders no shop is lost, and no token and no data outlives its installation`, async () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + SEEDS; seed++) {
    const { installed, arrivals } = aLife(seeded(seed));
    const shop = newShop();
    let isThere = () => Promise.resolve(false);
    for (const { hours, what, of, id } of arrivals) {
      if (what === 'install') {
        await connect(shop, hours);
        isThere = await aCustomer(shop);
      } else if (what === 'uninstalled') {
        const { merchantId } = shop;
        const known = (await world.rows('shop_directory', merchantId)).length > 0;
        const webhook = {
          ...shop,
          shopId: shopIdOfShop(shop),
          topic: 'app/uninstalled',
          at: at(of),
        } as const;
        if (known) await uninstalled(shop, of);
        else await inTransaction(world.pools.api, (tx) => receiveUnconnected(tx, webhook));
      } else {
        const { merchantId } = shop;
        const known = (await world.rows('shop_directory', merchantId)).length > 0;
        const webhook = {
          ...shop,
          shopId: shopIdOfShop(shop),
          topic: 'shop/redact',
          at: at(of + 48),
        } as const;
        if (known) await redact(shop, of + 48, id);
        else await inTransaction(world.pools.api, (tx) => receiveUnconnected(tx, webhook));
        await carryOut();
      }
    }
    expect({ seed, tokens: await tokensOf(shop), data: await isThere() }).toEqual({
      seed,
      tokens: installed ? 1 : 0,
      data: installed,
    });
  }
});
