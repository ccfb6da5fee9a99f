import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { ImportService, ShopService, ShopStatus } from '@core/contracts';
import {
  DEV_ACCESS_TOKEN,
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  signQuery,
  type Shop,
} from '@core/shopify-stand-in';
import { bearer, waitUntil } from '@core/testing';
import { openInstallWorld, type InstallWorld } from './install-support.ts';
import { auditOf, drain, failure, merchant } from './support.ts';

const shops = ShopService.method;
let world: InstallWorld;
beforeAll(async () => (world = await openInstallWorld()));
afterAll(async () => expect(await world.stop()).toEqual([]));

const linkFor = (merchantId: string, { domain }: Shop) =>
  world.api.rpc.unary(shops.createInstallLink, { merchantId, shop: domain });
const getShop = async (merchantId: string, { domain }: Shop) =>
  (await world.api.rpc.unary(shops.getShop, { merchantId, shop: domain })).shop!;
const adminUrl = ({ domain }: Shop) =>
  `https://admin.shopify.com/store/${domain.replace('.myshopify.com', '')}/apps/${DEV_CLIENT_ID}`;

/** Installs the app by a link, up to the callback, whose address is returned. */
async function approved(merchantId: string, far: Shop): Promise<string> {
  const { url } = await linkFor(merchantId, far);
  const { status, location } = await world.visit(url);
  expect([status, new URL(location).pathname]).toEqual([302, '/shopify/callback']);
  return location;
}
/** Presses the button of the page to which Shopify returns the browser. */
const confirm = (callback: string) => world.visit(callback, 'POST');
const install = async (merchantId: string, far: Shop) => confirm(await approved(merchantId, far));
const change = (url: string, name: string, value: string | null) => {
  const changed = new URL(url);
  if (value === null) changed.searchParams.delete(name);
  else changed.searchParams.set(name, value);
  return changed.href;
};

describe('an install link', () => {
  it('connects the shop to its merchant, with tokens that expire', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const { url, expiresAt } = await linkFor(merchantId, far);
    const asked = new URL(url).searchParams;
    expect(asked.get('scope')).toBe('read_customers,read_customer_merge');
    expect(asked.get('client_id')).toBe(DEV_CLIENT_ID);
    expect(Number(expiresAt!.seconds) * 1_000).toBeGreaterThan(Date.now());
    const { status, text } = await install(merchantId, far);
    expect([status, text]).toEqual([200, expect.stringContaining(`href="${adminUrl(far)}"`)]);
    expect(await getShop(merchantId, far)).toMatchObject({
      status: ShopStatus.CONNECTED,
      plan: 'Basic',
      timeZone: 'Europe/Berlin',
      scopes: expect.arrayContaining(['read_customers', 'read_customer_merge']),
      missingScopes: [],
      installation: 1,
      connectedAt: expect.anything(),
    });
    expect(await world.connectionsOf(far.domain)).toMatchObject([
      { merchant_id: merchantId, expires_at: expect.any(Date), refresh_token: expect.any(String) },
    ]);
    expect(await auditOf(world.api.owner, merchantId)).toEqual(['shop.link', 'shop.link', 'shop.connect']);
  });

  it('asks the person before it connects the shop, names the merchant, and appears in no frame', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    far.install();
    const callback = await approved(merchantId, far);
    const { status, text, headers } = await world.visit(callback);
    expect(status).toBe(200);
    for (const part of [`Connect ${far.domain}?`, merchantId, '<form method="post"><button>']) {
      expect(text).toContain(part);
    }
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('script');
    // A navigation, which any page can cause, connects nothing and uses nothing up.
    expect([await world.connectionsOf(far.domain), far.stats().granted]).toEqual([[], 0]);
    expect((await confirm(callback)).status).toBe(200);
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ merchant_id: merchantId }]);
  });

  it.each(['cross-site', 'same-site', 'none'])('is not confirmed by another page: %s', async (site) => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const callback = await approved(merchantId, far);
    const { status, text } = await world.visit(callback, 'POST', { 'sec-fetch-site': site });
    expect([status, text]).toEqual([403, expect.stringContaining('Another page has sent the confirmation')]);
    expect(await world.connectionsOf(far.domain)).toEqual([]);
    const page = await world.visit(callback, 'GET', { 'sec-fetch-site': 'cross-site' });
    expect([page.status, page.headers.get('cross-origin-opener-policy')]).toEqual([200, 'same-origin']);
    expect((await world.visit(callback, 'POST', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('does not connect a shop without its host, which Shopify always sends', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const url = new URL(await approved(merchantId, far));
    const { host: _, hmac: __, ...rest } = Object.fromEntries(url.searchParams);
    url.search = signQuery(rest, DEV_CLIENT_SECRET).toString();
    expect((await confirm(url.href)).status).toBe(400);
    expect(await world.connectionsOf(far.domain)).toEqual([]);
  });

  it('works once, also for two requests at the same moment', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const callback = await approved(merchantId, far);
    const replies = await Promise.all([confirm(callback), confirm(callback)]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
    expect(replies.find((reply) => reply.status === 409)!.text).toContain('was used before');
    expect(await world.connectionsOf(far.domain)).toHaveLength(1);
    expect(far.stats().granted).toBe(1);
  });

  it.each<[string, (url: string) => string, number]>([
    ['another shop', (url) => change(url, 'shop', 'other.myshopify.com'), 400],
    ['another code', (url) => change(url, 'code', 'x'), 400],
    ['no HMAC', (url) => change(url, 'hmac', null), 400],
    ['an HMAC in capitals', (url) => change(url, 'hmac', 'A'.repeat(64)), 400],
    ['an additional parameter', (url) => `${url}&extra=1`, 400],
    ['a repeated parameter', (url) => `${url}&shop=${new URL(url).searchParams.get('shop')}`, 400],
    ['an old timestamp', (url) => change(url, 'timestamp', '1'), 400],
    ['no query', (url) => url.split('?')[0]!, 400],
  ])('does not connect a shop with %s', async (_, spoil, expected) => {
    const [merchantId, far] = [merchant(), world.newShop()];
    const spoilt = spoil(await approved(merchantId, far));
    for (const { status, text, headers } of [await world.visit(spoilt), await confirm(spoilt)]) {
      expect(status).toBe(expected);
      expect(text).toContain('The shop was not connected');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
    expect(await world.connectionsOf(far.domain)).toEqual([]);
  });

  it('does not connect another shop than the one that it is for', async () => {
    const [merchantId, far, other] = [merchant(), world.newShop(), world.newShop()];
    const { url } = await linkFor(merchantId, far);
    const { location } = await world.visit(url.replace(far.domain, other.domain));
    for (const { status, text } of [await world.visit(location), await confirm(location)]) {
      expect([status, text]).toEqual([409, expect.stringContaining('was used before or has expired')]);
    }
    expect(await world.connectionsOf(other.domain)).toEqual([]);
  });

  it('changes nothing when the merchant refuses', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    far.consent = 'refuse';
    const { location } = await world.visit((await linkFor(merchantId, far)).url);
    expect(new URL(location).host).toBe(far.domain);
    expect(await world.connectionsOf(far.domain)).toEqual([]);
  });

  it('does not give a shop to a second merchant', async () => {
    const [first, second, far] = [merchant(), merchant(), world.newShop()];
    await install(first, far);
    const { status, text } = await install(second, far);
    expect([status, text]).toEqual([409, expect.stringContaining('is connected by another merchant')]);
    // No second grant: it would have retired the tokens of the first merchant.
    expect(far.stats().granted).toBe(1);
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ merchant_id: first }]);
  });
});

describe('the app in the shop’s admin', () => {
  it('connects the shop that its merchant signed up with', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    world.merchants.set(far.domain, merchantId);
    far.install();
    const { status, text, headers } = await world.visit(far.openApp());
    expect([status, text]).toEqual([200, expect.stringContaining('The shop is connected')]);
    expect(headers.get('content-security-policy')).toContain(
      `frame-ancestors https://${far.domain} https://admin.shopify.com`,
    );
    expect(await getShop(merchantId, far)).toMatchObject({ status: ShopStatus.CONNECTED });
  });

  it('asks for the scope that writes segments while it is missing', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    world.merchants.set(far.domain, merchantId);
    const linkOf = async () => /<a href="([^"]*)"/.exec((await world.visit(far.openApp())).text)?.[1];
    far.install();
    await world.visit(far.openApp());
    far.scopes = ['read_customers', 'read_customer_merge'];
    const url = new URL((await linkOf())!.replaceAll('&amp;', '&'));
    expect(url.pathname).toMatch(/\/admin\/oauth\/install$/);
    expect(url.searchParams.get('optional_scopes')).toBe('write_customers');
    far.scopes = ['read_customer_merge', 'write_customers'];
    expect(await linkOf()).toBeUndefined();
  });

  it('connects the shop when it is opened several times at once', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    world.merchants.set(far.domain, merchantId);
    far.install();
    const replies = await Promise.all(Array.from({ length: 8 }, () => world.visit(far.openApp())));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  it('exchanges no token again while the shop is connected: that would revoke the stored one', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    world.merchants.set(far.domain, merchantId);
    far.install();
    for (let n = 0; n < 3; n++) expect((await world.visit(far.openApp())).status).toBe(200);
    expect(far.stats().granted).toBe(1);
  });

  it('names the sign-up in a shop of no merchant, and escapes its address', async () => {
    const far = world.newShop();
    far.install();
    const { status, text } = await world.visit(far.openApp());
    expect(status).toBe(403);
    expect(text).toContain('href="https://www.example.com/signup?from=shopify&amp;x=&quot;&lt;&gt;"');
    expect(await world.connectionsOf(far.domain)).toEqual([]);
  });

  it('opens outside the admin by a redirect into it', async () => {
    const far = world.newShop();
    const { status, location } = await world.visit(far.installUrl());
    expect([status, location]).toEqual([302, adminUrl(far)]);
  });

  it('connects nothing while Auth is down', async () => {
    const far = world.newShop();
    far.install();
    world.api.auth.setDown(true);
    const { status } = await world.visit(far.openApp());
    world.api.auth.setDown(false);
    expect(status).toBe(503);
  });

  it('connects a shop that was installed again before its uninstall was reported', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const [before] = await world.connectionsOf(far.domain);
    // Without a webhook: it is late.
    far.installed = false;
    far.install();
    expect((await world.visit(far.openApp())).status).toBe(200);
    const [after] = await world.connectionsOf(far.domain);
    expect(after!.refresh_token).not.toBe(before!.refresh_token);
    expect(far.stats().granted).toBe(2);
  });

  it('does not connect a shop again that its merchant has disconnected', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    await world.api.rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain });
    const { status, text } = await world.visit(far.openApp());
    expect([status, text]).toEqual([403, expect.stringContaining('This shop was disconnected')]);
    expect(await world.connectionsOf(far.domain)).toEqual([]);
  });

  it('finds the merchant again after an uninstall', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    await world.api.owner.query('delete from shopify_connections where shop = $1', [far.domain]);
    await world.api.owner.query(`update shop_directory set ended_at = now() where shop = $1`, [far.domain]);
    expect((await world.visit(far.openApp())).status).toBe(200);
    expect(await world.connectionsOf(far.domain)).toMatchObject([{ merchant_id: merchantId }]);
  });
});

describe('a user of the admin', () => {
  const asUser = (token: string) => ({ metadata: bearer(token) });
  it('acts for the merchant of the shop, within the scopes of the page', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const { rpc, owner } = world.api;
    const { shops: listed } = await rpc.unary(shops.listShops, { merchantId }, asUser(far.sessionToken()));
    expect(listed).toMatchObject([{ shop: far.domain, merchantId }]);
    await rpc.unary(
      ImportService.method.startCustomerImport,
      { merchantId, shop: far.domain },
      asUser(far.sessionToken()),
    );
    const { rows } = await owner.query<{ actor: string }>(
      `select actor from audit_log where merchant_id = $1 and action = 'import.start'`,
      [merchantId],
    );
    expect(rows).toEqual([{ actor: `shopify:${far.domain}` }]);
  });

  it.each<[string, (far: Shop, other: Shop) => string, number, string]>([
    [
      'another merchant',
      (_, other) => other.sessionToken(),
      status.PERMISSION_DENIED,
      'bound to another merchant',
    ],
    [
      'a shop that is not connected',
      () => world.newShop().sessionToken(),
      status.PERMISSION_DENIED,
      'is not connected',
    ],
    [
      'a token that has expired',
      (far) => far.sessionToken({ claims: { exp: Math.floor(Date.now() / 1_000) - 60 } }),
      status.UNAUTHENTICATED,
      'exp',
    ],
    ['another app', (far) => far.sessionToken({ claims: { aud: 'other' } }), status.UNAUTHENTICATED, 'aud'],
    ['another secret', (far) => far.sessionToken({ secret: 'other' }), status.UNAUTHENTICATED, 'signature'],
    [
      'the destination of another shop',
      (far, other) => far.sessionToken({ claims: { dest: `https://${other.domain}` } }),
      status.UNAUTHENTICATED,
      'dest',
    ],
  ])('is refused as a user of %s', async (_, tokenOf, code, message) => {
    const [merchantId, far, other] = [merchant(), world.newShop(), world.newShop()];
    await install(merchantId, far);
    await install(merchant(), other);
    const refusal = await failure(
      world.api.rpc.unary(shops.listShops, { merchantId }, asUser(tokenOf(far, other))),
    );
    expect([refusal.code, refusal.details]).toEqual([code, expect.stringContaining(message)]);
  });

  it('acts on no import of another shop of the merchant', async () => {
    const [merchantId, far, other] = [merchant(), world.newShop(), world.newShop()];
    await install(merchantId, far);
    await install(merchantId, other);
    const { rpc, url } = world.api;
    const imports = ImportService.method;
    const { importId } = await rpc.unary(imports.startCustomerImport, { merchantId, shop: other.domain });
    const token = far.sessionToken();
    const [ref, by] = [{ merchantId, importId }, asUser(token)];
    for (const call of [
      rpc.unary(imports.getCustomerImport, ref, by),
      rpc.unary(imports.cancelCustomerImport, ref, by),
      rpc.unary(imports.resumeCustomerImport, ref, by),
      rpc.unary(imports.listCustomerImportErrors, ref, by),
      drain(rpc.stream(imports.watchCustomerImport, ref, by)),
    ]) {
      expect(await failure(call)).toMatchObject({ code: status.PERMISSION_DENIED });
    }
    const csv = `${url}/core.v1/import-errors.csv?merchant_id=${merchantId}&import_id=${importId}`;
    expect((await fetch(csv, { headers: bearer(token) })).status).toBe(403);
    await rpc.unary(imports.cancelCustomerImport, { merchantId, importId }, asUser(other.sessionToken()));
  });

  it('acts in no other shop of the merchant, and makes no link for another shop', async () => {
    const [merchantId, far, other] = [merchant(), world.newShop(), world.newShop()];
    await install(merchantId, far);
    await install(merchantId, other);
    const { rpc } = world.api;
    const by = asUser(far.sessionToken());
    for (const shop of [other.domain, world.newShop().domain]) {
      expect(await failure(rpc.unary(shops.createInstallLink, { merchantId, shop }, by))).toEqual({
        code: status.PERMISSION_DENIED,
        details: `shop: a user of ${far.domain} may not act in another shop`,
      });
    }
    expect(
      await failure(rpc.unary(shops.disconnectShop, { merchantId, shop: other.domain }, by)),
    ).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    await rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain }, by);
  });

  it('writes segments to no other shop of the merchant', async () => {
    const [merchantId, far, other] = [merchant(), world.newShop(), world.newShop()];
    await install(merchantId, far);
    await install(merchantId, other);
    const by = asUser(far.sessionToken());
    const request = { merchantId, shop: other.domain, enabled: false };
    expect(await failure(world.api.rpc.unary(shops.setSegmentSync, request, by))).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    await world.api.rpc.unary(shops.setSegmentSync, { ...request, shop: far.domain }, by);
  });

  it('is refused once the shop is disconnected', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const { rpc } = world.api;
    await rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain });
    const token = far.sessionToken();
    await waitUntil(
      async () =>
        (await failure(rpc.unary(shops.listShops, { merchantId }, asUser(token)))).code ===
        status.PERMISSION_DENIED,
      { what: 'the user to be refused' },
    );
  });
});

describe('segments in a shop', () => {
  it('are off, need their scope, and are turned on and off', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const { rpc } = world.api;
    const set = (enabled: boolean) =>
      rpc.unary(shops.setSegmentSync, { merchantId, shop: far.domain, enabled });
    expect((await getShop(merchantId, far))?.segmentSync).toMatchObject({ enabled: false, written: 0n });
    expect(await failure(set(true))).toEqual({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining('write_customers'),
    });
    await world.api.owner.query(
      `update shopify_connections set scopes = '{read_customer_merge,write_customers}' where shop = $1`,
      [far.domain],
    );
    expect((await set(true)).shop).toMatchObject({ missingScopes: [], segmentSync: { enabled: true } });
    expect((await set(false)).shop?.segmentSync).toMatchObject({ enabled: false });
  });
});

describe('the shops of a merchant', () => {
  it('stay listed after they are disconnected, and may be connected again', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const { rpc } = world.api;
    await rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain });
    expect(await getShop(merchantId, far)).toMatchObject({
      status: ShopStatus.DISCONNECTED,
      endedAt: expect.anything(),
      scopes: [],
    });
    expect(await failure(rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
    await install(merchantId, far);
    expect(await getShop(merchantId, far)).toMatchObject({ status: ShopStatus.CONNECTED, installation: 1 });
  });

  it('are unknown to other merchants', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    const { rpc } = world.api;
    expect((await rpc.unary(shops.listShops, { merchantId: merchant() })).shops).toEqual([]);
    expect(
      await failure(rpc.unary(shops.getShop, { merchantId: merchant(), shop: far.domain })),
    ).toMatchObject({ code: status.NOT_FOUND });
  });

  it('say which scope they lack, and what that costs', async () => {
    const [merchantId, far] = [merchant(), world.newShop()];
    await install(merchantId, far);
    await world.api.owner.query(
      `update shopify_connections set scopes = '{read_customers}' where shop = $1`,
      [far.domain],
    );
    expect(await getShop(merchantId, far)).toMatchObject({
      missingScopes: ['read_customer_merge'],
      notes: [expect.stringContaining('merged customers')],
    });
  });
});

describe('a shop that withholds something from the app', () => {
  /** The two ways by a page; ConnectShop is in connect-shop.spec. */
  const WAYS: [string, (merchantId: string, far: Shop) => Promise<{ status: number; text: string }>][] = [
    ['an install link', install],
    ['opening the app', open],
  ];

  async function open(merchantId: string, far: Shop) {
    world.merchants.set(far.domain, merchantId);
    far.install();
    return world.visit(far.openApp());
  }

  it.each(WAYS)(
    'is not connected by %s without read_customers, and the page says what to do',
    async (_, way) => {
      const [merchantId, far] = [merchant(), world.newShop()];
      far.bend = (body) => {
        const { data } = body as { data?: { currentAppInstallation?: { accessScopes: unknown[] } } };
        if (data?.currentAppInstallation)
          data.currentAppInstallation.accessScopes = [{ handle: 'read_products' }];
        return body;
      };
      const { status, text } = await way(merchantId, far);
      expect(status).toBe(409);
      expect(text).toMatch(/lacks the access scope read_customers\. Grant it, connect the shop again/);
      expect(await world.connectionsOf(far.domain)).toEqual([]);
    },
  );

  it.each(WAYS)('is connected by %s without level 1, and says so', async (_, way) => {
    const [merchantId, far] = [merchant(), world.newShop()];
    far.approval = 'none';
    await way(merchantId, far);
    expect(await getShop(merchantId, far)).toMatchObject({
      status: ShopStatus.CONNECTED,
      notes: [expect.stringMatching(/read customers, so imports fail.*level 1/)],
    });
  });

  it.each(WAYS)('is connected by %s without level 2, and says so', async (_, way) => {
    const [merchantId, far] = [merchant(), world.newShop()];
    Object.assign(far, { customers: 40, approval: 'no-fields' });
    await way(merchantId, far);
    expect((await getShop(merchantId, far)).notes).toEqual([
      expect.stringMatching(/read customers' emails.*level 2/),
    ]);
  });
});

it('refuses a token that never expires, because the app is public', async () => {
  const far = world.newShop();
  far.accessToken = DEV_ACCESS_TOKEN;
  const refused = await failure(
    world.api.rpc.unary(ImportService.method.connectShop, {
      merchantId: merchant(),
      shop: far.domain,
      accessToken: DEV_ACCESS_TOKEN,
    }),
  );
  expect(refused).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining(
      'refresh_token: is required, because a public app must use access tokens that expire',
    ),
  });
});

it('answers no other method and no other path', async () => {
  const reply = await fetch(`${world.api.url}/shopify`, { method: 'POST' });
  expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET']);
  const other = await fetch(`${world.api.url}/shopify/callback`, { method: 'PUT' });
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, POST']);
  expect((await fetch(`${world.api.url}/shopify/${randomUUID()}`)).status).toBe(404);
});
