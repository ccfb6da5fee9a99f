import { status } from '@grpc/grpc-js';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ImportService, ShopService, ShopStatus } from '@core/contracts';
import { DEV_ACCESS_TOKEN, type Shop } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import { openInstallWorld, type InstallWorld } from './install-support.ts';
import { failure, merchant } from './support.ts';

// The tokens of a connected shop: expired, renewed, replaced by several requests at once, and lost.

const shops = ShopService.method;
let world: InstallWorld;
beforeAll(async () => (world = await openInstallWorld()));
afterAll(async () => expect(await world.stop()).toEqual([]));

/** A shop whose merchant signed up with it, and in which the app was opened. */
async function openedShop(): Promise<{ merchantId: string; far: Shop }> {
  const [merchantId, far] = [merchant(), world.newShop()];
  world.merchants.set(far.domain, merchantId);
  far.install();
  expect((await world.visit(far.openApp())).status).toBe(200);
  return { merchantId, far };
}
/** The access token has expired, here and at the shop. */
async function expire(far: Shop): Promise<void> {
  far.tokens.expire();
  await world.api.owner.query(
    `update shopify_connections set expires_at = now() - interval '1 second' where shop = $1`,
    [far.domain],
  );
}
const granted = (far: Shop, n: number) =>
  waitUntil(() => far.stats().granted >= n, { what: 'the tokens to be granted' });
const callback = async (merchantId: string, far: Shop) => {
  const { url } = await world.api.rpc.unary(shops.createInstallLink, { merchantId, shop: far.domain });
  return (await world.visit(url)).location;
};

describe('a token that has expired', () => {
  it('is renewed when the app is opened, and no new grant ends the tokens of an import', async () => {
    const { far } = await openedShop();
    const [before] = await world.connectionsOf(far.domain);
    await expire(far);
    const replies = await Promise.all(Array.from({ length: 4 }, () => world.visit(far.openApp())));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
    const [after] = await world.connectionsOf(far.domain);
    expect(after!.refresh_token).not.toBe(before!.refresh_token);
    expect(far.stats()).toMatchObject({ granted: 1, refreshed: 1 });
  });

  it('is replaced by a grant when Shopify refuses to renew it', async () => {
    const { far } = await openedShop();
    await expire(far);
    far.tokens.revoke();
    expect((await world.visit(far.openApp())).status).toBe(200);
    expect(far.stats()).toMatchObject({ granted: 2, refreshed: 0 });
    // The shop accepts the token that is stored now.
    expect((await world.visit(far.openApp())).status).toBe(200);
    expect(far.stats().granted).toBe(2);
  });

  it('is neither renewed nor reported as usable while Shopify does not answer', async () => {
    const { far } = await openedShop();
    await expire(far);
    far.fault({ kind: 'http503', on: 'oauth' });
    const { status, headers } = await world.visit(far.openApp());
    expect([status, headers.get('retry-after')]).toEqual([503, '60']);
    expect(far.stats().granted).toBe(1);
  });
});

describe('the time zone of a shop', () => {
  it('is asked for again when the app is opened', async () => {
    const { merchantId, far } = await openedShop();
    const zone = async () =>
      (await world.api.rpc.unary(shops.getShop, { merchantId, shop: far.domain })).shop!.timeZone;
    expect(await zone()).toBe('Europe/Berlin');
    far.timeZone = 'Asia/Tokyo';
    await world.visit(far.openApp());
    expect(await zone()).toBe('Asia/Tokyo');
    // Connected by a build that did not ask.
    await world.api.owner.query('update shopify_connections set time_zone = null where shop = $1', [
      far.domain,
    ]);
    expect(await zone()).toBe('');
    await world.visit(far.openApp());
    expect(await zone()).toBe('Asia/Tokyo');
  });
});

describe('the note about a refused token', () => {
  const notesOf = async (merchantId: string, { domain }: Shop) =>
    (await world.api.rpc.unary(shops.getShop, { merchantId, shop: domain })).shop!.notes;
  const refuse = ({ domain }: Shop) =>
    world.api.owner.query('update shopify_connections set refused_at = now() where shop = $1', [domain]);

  it('is withdrawn when the app is opened, whether the shop accepts the token again or gets another', async () => {
    const { merchantId, far } = await openedShop();
    const before = await notesOf(merchantId, far);
    for (const revoked of [false, true]) {
      if (revoked) far.tokens.revoke();
      await refuse(far);
      expect(await notesOf(merchantId, far)).toEqual([
        expect.stringContaining('Open the app in Shopify to connect the shop again.'),
        ...before,
      ]);
      expect((await world.visit(far.openApp())).status).toBe(200);
      expect(await notesOf(merchantId, far)).toEqual(before);
    }
    expect(far.stats()).toMatchObject({ granted: 2 });
  });

  it('is withdrawn when the token is renewed', async () => {
    const { merchantId, far } = await openedShop();
    const before = await notesOf(merchantId, far);
    await expire(far);
    await refuse(far);
    expect((await world.visit(far.openApp())).status).toBe(200);
    expect(await notesOf(merchantId, far)).toEqual(before);
    expect(far.stats()).toMatchObject({ granted: 1, refreshed: 1 });
  });
});

describe('requests at the same time', () => {
  it('in several processes get one grant', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    world.merchants.set(far.domain, merchantId);
    far.install();
    far.latencyMs = [200, 400];
    const urls = [world.api.url, await world.api.another(), await world.api.another()];
    const pages = urls.flatMap((url) =>
      [0, 1].map(() => world.reach(far.openApp()).replace(world.api.url, url)),
    );
    const replies = await Promise.all(pages.map((page) => fetch(page)));
    expect(replies.map((reply) => reply.status)).toEqual(pages.map(() => 200));
    expect(far.stats().granted).toBe(1);
  });

  it('store no tokens of a request that is slower than its lease: those of the next one are newer', async () => {
    const { far } = await openedShop();
    const [before] = await world.connectionsOf(far.domain);
    await expire(far);
    far.tokens.revoke();
    far.latencyMs = [4_000, 4_000];
    const opened = world.visit(far.openApp());
    await granted(far, 2);
    const { rowCount } = await world.api.owner.query(
      `update connect_leases set held_until = held_until + interval '1 hour' where shop = $1`,
      [far.domain],
    );
    expect(rowCount).toBe(1);
    expect((await opened).status).toBe(503);
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ access_token: before!.access_token }]);
  });

  it('leave a shop disconnected that its merchant disconnects while the app is opened', async () => {
    const { merchantId, far } = await openedShop();
    await expire(far);
    far.tokens.revoke();
    far.latencyMs = [4_000, 4_000];
    const opened = world.visit(far.openApp());
    await granted(far, 2);
    await world.api.rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain });
    const { status, text } = await opened;
    expect([status, text]).toEqual([409, expect.stringContaining('was disconnected')]);
    const { shop } = await world.api.rpc.unary(shops.getShop, { merchantId, shop: far.domain });
    expect(shop).toMatchObject({ status: ShopStatus.DISCONNECTED });
  });

  it('connect a shop that is installed again while its uninstall is applied', async () => {
    const { merchantId, far } = await openedShop();
    await expire(far);
    far.tokens.revoke();
    const worker = await world.api.owner.connect();
    let opened;
    try {
      await worker.query('begin');
      // It is read between the connection and its tokens.
      await worker.query('lock table segment_syncs in access exclusive mode');
      opened = world.visit(far.openApp());
      await waitUntil(
        async () => (await world.api.owner.query('select from pg_locks where not granted')).rowCount! > 0,
        { what: 'the page to wait' },
      );
      await world.api.owner.query('delete from shopify_connections where shop = $1', [far.domain]);
    } finally {
      await worker.query('rollback');
      worker.release();
    }
    expect(await opened).toMatchObject({ status: 200, text: expect.stringContaining('is connected') });
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ merchant_id: merchantId }]);
  });

  it('wait for an import that renews the tokens', async () => {
    const { merchantId, far } = await openedShop();
    const back = await callback(merchantId, far);
    await world.api.owner.query(
      `update shopify_connections set refreshing_until = now() + interval '1 hour' where shop = $1`,
      [far.domain],
    );
    const confirmed = world.visit(back, 'POST');
    const answered = confirmed.then(() => true);
    expect(
      await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 500))]),
    ).toBeUndefined();
    expect(far.stats().granted).toBe(1);
    await world.api.owner.query(`update shopify_connections set refreshing_until = null where shop = $1`, [
      far.domain,
    ]);
    expect((await confirmed).status).toBe(200);
    expect(far.stats().granted).toBe(2);
  });
});

describe('a failure', () => {
  it('of the proof that passes does not lose the grant', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const back = await callback(merchantId, far);
    far.fault({ kind: 'http503', times: 2 });
    expect((await world.visit(back, 'POST')).status).toBe(200);
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ merchant_id: merchantId }]);
  });

  it('of the database asks the merchant to come again, and to wait first', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const back = await callback(merchantId, far);
    const client = await world.api.owner.connect();
    try {
      await client.query('begin');
      await client.query('lock table used_install_links in access exclusive mode');
      const { status, headers, text } = await world.visit(back, 'POST');
      expect([status, headers.get('retry-after')]).toEqual([503, '60']);
      expect(text).toContain('does not answer');
    } finally {
      await client.query('rollback');
      client.release();
    }
    expect((await world.visit(back, 'POST')).status).toBe(200);
  });

  it('that the owner of the shop cannot mend names no setting and no import', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const back = await callback(merchantId, far);
    far.fault({ kind: { status: 403, body: Buffer.from('{"error":"x"}'), headers: {} }, on: 'oauth' });
    const { status, text } = await world.visit(back, 'POST');
    expect(status).toBe(502);
    expect(text).toContain('Check in the Shopify admin');
    expect(text).not.toMatch(/SHOPIFY_|CORE_|import/);
  });
});

it('counts each way, and its audit row names it', async () => {
  const { merchantId, far } = await openedShop();
  expect((await world.visit(await callback(merchantId, far), 'POST')).status).toBe(200);
  const { rows } = await world.api.owner.query<{ detail: Record<string, unknown> }>(
    `select detail from audit_log where merchant_id = $1 and action in ('shop.link', 'shop.connect') order by id`,
    [merchantId],
  );
  const [admin, link, linked] = rows.map(({ detail }) => detail);
  expect(admin).toMatchObject({ by: 'admin' });
  expect(linked).toMatchObject({ by: 'link', link_id: link!['link_id'] });
  const metrics = await (await fetch(`http://127.0.0.1:${world.api.adminPort}/metrics`)).text();
  for (const way of ['link', 'admin']) {
    expect(metrics).toMatch(new RegExp(`core_shop_connects_total\\{.*way="${way}".*outcome="connected"`));
  }
});

const [minute, year] = [60_000, 366 * 86_400_000];
it.each<[string, { refreshToken?: string; expiresInMs?: number }, string]>([
  ['has expired', { refreshToken: 'r', expiresInMs: -minute }, 'expires_at: must be in the future'],
  ['expires in years', { refreshToken: 'r', expiresInMs: 1_000 * year }, 'expires_at: must be within a year'],
  ['cannot be renewed', { expiresInMs: minute }, 'refresh_token: is required'],
  ['has a refresh token and no end', { refreshToken: 'r' }, 'expires_at: is required'],
  [
    'is its own refresh token',
    { refreshToken: DEV_ACCESS_TOKEN, expiresInMs: minute },
    'refresh_token: must differ',
  ],
])('ConnectShop refuses a token that %s', async (_, { refreshToken, expiresInMs }, details) => {
  const far = world.newShop();
  far.accessToken = DEV_ACCESS_TOKEN;
  const refused = await failure(
    world.api.rpc.unary(ImportService.method.connectShop, {
      merchantId: merchant(),
      shop: far.domain,
      accessToken: DEV_ACCESS_TOKEN,
      ...(refreshToken && { refreshToken }),
      ...(expiresInMs && { expiresAt: timestampFromDate(new Date(Date.now() + expiresInMs)) }),
    }),
  );
  expect(refused).toEqual({ code: status.INVALID_ARGUMENT, details: expect.stringContaining(details) });
  expect(far.stats().requests).toBe(0);
});
