import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { gid, seeded } from '@core/testing';
import {
  claimWebhookCheck,
  connectShop,
  disconnectShop,
  finishWebhookCheck,
  getImport,
  getShop,
  listShops,
  receiveUnconnected,
  assignShopRedaction,
  recordShopRedaction,
  recordUninstall,
  redactShopStep,
  resumeImport,
  scheduleShopRedactions,
  setImportSchedule,
  startImport,
  storeScopes,
  uninstallApp,
  upsertCustomers,
  type ConnectWay,
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
    const installation = await assignShopRedaction(tx, { shopId: shopIdOfShop(shop), at: at(hours) });
    return installation && recordShopRedaction(tx, ctx, { ...shop, ...installation, requestId });
  });
/** The shops in which the app is no longer installed. */
const gone = new Set<string>();
/** Checks all shops that are due, as an importer does. */
const answer = async (hours: number) => {
  for (;;) {
    const due = await world.as('importer', claimWebhookCheck);
    if (!due) return;
    const isRefused = gone.has(due.shop);
    const answeredAt = isRefused ? undefined : at(hours);
    const next = new Date(Date.now() + 3_600_000);
    await world.as('importer', (tx) => finishWebhookCheck(tx, { due, at: next, answeredAt, isRefused }));
  }
};
const MOST_STEPS = 1_000;
const carryOut = async () => {
  await world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000_000 }));
  for (let steps = 0; await world.as('worker', redactShopStep); steps++)
    if (steps === MOST_STEPS) throw new Error('a redaction does not end');
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
    const refused = { kind: 'failed_precondition', message: expect.stringContaining('is not connected') };
    await expect(
      world.as('api', (tx, ctx) => startImport(tx, ctx, shop), shop.merchantId),
    ).rejects.toMatchObject(refused);
    await expect(
      world.as('api', (tx, ctx) => resumeImport(tx, ctx, { ...shop, importId }), shop.merchantId),
    ).rejects.toMatchObject(refused);
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

describe('an uninstall of a shop that its merchant has disconnected', () => {
  const connectBy = (shop: Shop, hours: number, by: ConnectWay) =>
    world.as(
      'api',
      (tx, ctx) =>
        connectShop(tx, ctx, {
          ...shop,
          shopId: shopIdOfShop(shop),
          accessToken: 't',
          provenAt: at(hours),
          by,
        }),
      shop.merchantId,
    );

  it('does not lift the decision: only a link of the merchant, or a call, connects it again', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), shop.merchantId);
    await uninstalled(shop, 1);
    expect(await read(shop)).toMatchObject({ connected: false, endReason: 'disconnected' });
    await expect(connectBy(shop, 2, { way: 'admin' })).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: expect.stringContaining('was disconnected'),
    });
    expect(await tokensOf(shop)).toBe(0);
    await connectBy(shop, 2, { way: 'link', linkId: randomUUID() });
    expect(await read(shop)).toMatchObject({ connected: true, endReason: null, generation: 2 });
    await connectBy(shop, 3, { way: 'admin' });
    expect(await tokensOf(shop)).toBe(1);
  });

  it('erases its data all the same', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const isThere = await aCustomer(shop);
    await world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), shop.merchantId);
    await uninstalled(shop, 1);
    expect(await redact(shop, 49)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });
});

it('scopes of a webhook replace neither newer ones nor those of a newer proof', async () => {
  const shop = newShop();
  const scopesAt = (hours: number, scopes: string[]) =>
    world.as('worker', (tx, ctx) => storeScopes(tx, ctx, { ...shop, scopes, at: at(hours) }));
  const connectWith = (hours: number, scopes: string[]) =>
    world.as(
      'api',
      (tx, ctx) =>
        connectShop(tx, ctx, {
          ...shop,
          shopId: shopIdOfShop(shop),
          accessToken: 't',
          provenAt: at(hours),
          scopes,
        }),
      shop.merchantId,
    );
  await connectWith(2, ['a']);
  expect(await scopesAt(1, ['old'])).toBe(false);
  expect(await read(shop)).toMatchObject({ scopes: ['a'] });
  expect(await scopesAt(4, ['b'])).toBe(true);
  expect(await scopesAt(3, ['a'])).toBe(false);
  // The same scopes again, and newer: an older webhook must not win afterwards either.
  expect(await scopesAt(6, ['b'])).toBe(false);
  expect(await scopesAt(5, ['c'])).toBe(false);
  expect(await read(shop)).toMatchObject({ scopes: ['b'] });
});

describe('the history of a shop', () => {
  it('does not count an uninstall again that is delivered after its shop/redact', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 2);
    await redact(shop, 49);
    await uninstalled(shop, 1);
    expect(await read(shop)).toMatchObject({ connected: true, generation: 2 });
    await connect(shop, 50);
    expect(await read(shop)).toMatchObject({ generation: 2 });
    // The next uninstall has its own shop/redact.
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 60);
    expect(await redact(shop, 108)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('holds at most a hundred uninstalls that wait, and each counts once', async () => {
    const shop = newShop();
    const record = (minutes: number) =>
      world.as('api', (tx) =>
        receiveUnconnected(tx, {
          ...shop,
          shopId: shopIdOfShop(shop),
          topic: 'app/uninstalled',
          at: at(minutes / 60),
        }),
      );
    for (let n = 0; n < 120; n++) await record(n);
    for (const again of [0, 19, 20, 119]) await record(again);
    const { rows } = await world.owner.query<{ waiting: number; generation: number }>(
      'select cardinality(unredacted) as waiting, generation from app_installations where shop_id = $1',
      [shopIdOfShop(shop)],
    );
    expect(rows).toEqual([{ waiting: 100, generation: 121 }]);
  });
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
    expect(await redact(shop, 49)).toBe(false);
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
    gone.add(shop.shop);
    expect(await redact(shop)).toBe(true);
    await answer(1_001);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('about a lost uninstall erases the shop, when an earlier uninstall has no shop/redact', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 5);
    const isThere = await aCustomer(shop);
    // Uninstalled at hour 20.
    gone.add(shop.shop);
    expect(await redact(shop, 68)).toBe(true);
    await answer(69);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([false, 0]);
  });

  it('about a lost uninstall erases a disconnected shop, which cannot be asked', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 5);
    const isThere = await aCustomer(shop);
    await world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), shop.merchantId);
    expect(await redact(shop, 68)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('that comes late does not touch a shop that answers', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 6);
    const isThere = await aCustomer(shop);
    expect(await redact(shop, 61)).toBe(true);
    await answer(62);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
    expect(await world.rows('privacy_requests', shop.merchantId)).toMatchObject([
      { cancel_reason: 'superseded', completed_at: null },
    ]);
  });

  it('of a shop that does not answer waits, asks again, and erases before the end of the 30 days', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const isThere = await aCustomer(shop);
    await answer(1);
    const isDue = async () =>
      (await world.rows('shopify_connections', shop.merchantId)).some(
        (row) => row['webhooks_due_at'] === null,
      );
    expect([await redact(shop, 61), await isDue()]).toEqual([true, true]);
    const claimed = await world.as('importer', claimWebhookCheck);
    expect([claimed?.shop, await isDue()]).toEqual([shop.shop, false]);
    await carryOut();
    expect([await isThere(), await isDue()]).toEqual([true, true]);
    const { rows } = await world.owner.query<{ hours: number }>(
      `select extract(epoch from not_before - now())::float8 / 3600 as hours from privacy_requests
        where merchant_id = $1`,
      [shop.merchantId],
    );
    expect(rows[0]!.hours).toBeGreaterThan(0.5);
    await world.owner.query(
      `update privacy_requests set received_at = received_at - interval '29 days', not_before = now()
        where merchant_id = $1`,
      [shop.merchantId],
    );
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('takes its own of two uninstalls within an hour', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 1.25);
    await uninstalled(shop, 1.5);
    await connect(shop, 2);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 32);
    expect(await redact(shop, 49)).toBe(false);
    expect(await redact(shop, 49.5)).toBe(false);
    await carryOut();
    expect(await isThere()).toBe(true);
    expect(await redact(shop, 80)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('takes its own of two uninstalls within ten minutes', async () => {
    const shop = newShop();
    await connect(shop, 0);
    await uninstalled(shop, 1);
    await connect(shop, 1.05);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 1.1);
    expect(await redact(shop, 49)).toBe(false);
    await carryOut();
    expect(await isThere()).toBe(true);
    expect(await redact(shop, 49.1)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
  });

  it('ends a run with a reason', async () => {
    const shop = newShop();
    await connect(shop, 0);
    const { importId } = await world.as('api', (tx, ctx) => startImport(tx, ctx, shop), shop.merchantId);
    gone.add(shop.shop);
    await redact(shop);
    await answer(1_001);
    await carryOut();
    expect(await world.rows('customer_import_logs', shop.merchantId)).toMatchObject([
      { id: importId, status: 'cancelled', error: expect.stringContaining('is being removed') },
    ]);
  });

  it('about an uninstall that was never reported does not touch the installation since', async () => {
    const shop = newShop();
    await connect(shop, 0);
    // The app is uninstalled at hour 1, and no webhook says so.
    await connect(shop, 5);
    const isThere = await aCustomer(shop);
    expect(await redact(shop, 49)).toBe(false);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
  });

  it('that waits while the app is installed again, after an uninstall that was never reported', async () => {
    const shop = newShop();
    await connect(shop, 0);
    expect(await redact(shop, 49)).toBe(true);
    await connect(shop, 50);
    const isThere = await aCustomer(shop);
    await carryOut();
    expect([await isThere(), await tokensOf(shop)]).toEqual([true, 1]);
  });

  it('about a lost uninstall leaves a later installation that has ended to its own shop/redact', async () => {
    const shop = newShop();
    await connect(shop, 5);
    const isThere = await aCustomer(shop);
    await uninstalled(shop, 20);
    // It is about an uninstall at hour 1.
    expect(await redact(shop, 49)).toBe(false);
    await carryOut();
    expect(await isThere()).toBe(true);
    expect(await redact(shop, 68)).toBe(true);
    await carryOut();
    expect(await isThere()).toBe(false);
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
    expect(await redact(shop, 50)).toBe(false);
    await carryOut();
    expect(await isThere()).toBe(true);
  });
});

/**
 * A random life of a shop: it is installed and uninstalled at random hours. Its webhooks arrive late, twice
 * and in any order, or never in the case of app/uninstalled, but Shopify sends shop/redact 48 hours after the
 * uninstall. The merchant sometimes disconnects the shop before. Some installations last minutes, but two
 * uninstalls are at least twelve minutes apart: if one of two within ten is lost, times do not tell which
 * one a shop/redact is about.
 */
function aLife(random: () => number) {
  const arrivals: {
    hours: number;
    what: 'install' | 'uninstalled' | 'disconnect' | 'redact';
    of: number;
    id: string;
  }[] = [];
  const redactions: { of: number; id: string; copies: number }[] = [];
  let hours = 0;
  const installations = 1 + Math.floor(random() * 4);
  let installed = false;
  const losesWebhooks = random() < 0.3;
  const length = () => (random() < 0.2 ? 0.2 + random() / 2 : 1 + random() * 40);
  for (let n = 0; n < installations; n++) {
    hours += length();
    arrivals.push({ hours, what: 'install', of: hours, id: '' });
    installed = true;
    if (n === installations - 1 && random() < 0.5) break;
    hours += length();
    installed = false;
    const uninstall = hours;
    const isLost = losesWebhooks && random() < 0.4;
    // A delivery may also be repeated after its shop/redact.
    if (!isLost && random() < 0.2) {
      arrivals.push({ hours: uninstall + 53 + random() * 4, what: 'uninstalled', of: uninstall, id: '' });
    }
    // The merchant may disconnect the shop first, and connects it again by a link.
    if (random() < 0.2) arrivals.push({ hours: hours - 0.1, what: 'disconnect', of: hours, id: '' });
    if (!isLost)
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
  const uninstalls = redactions.map(({ of }) => of);
  return { installed, uninstalls, arrivals: arrivals.sort((one, other) => one.hours - other.hours) };
}

const SEEDS = 40;
it(`in ${SEEDS} random orders no shop is lost, and no token and no data outlives its installation`, async () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + SEEDS; seed++) {
    const { installed, uninstalls, arrivals } = aLife(seeded(seed));
    const shop = newShop();
    let isThere = () => Promise.resolve(false);
    let connected = 0;
    for (const { hours, what, of, id } of arrivals) {
      if (what === 'install') {
        await connect(shop, hours);
        connected = hours;
        isThere = await aCustomer(shop);
      } else if (what === 'disconnect') {
        await world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), shop.merchantId);
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
        const hasLeft = uninstalls.some((each) => each > connected && each <= hours);
        if (hasLeft) gone.add(shop.shop);
        else gone.delete(shop.shop);
        await answer(hours);
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
