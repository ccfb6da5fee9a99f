// tag: compliance
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Consistency, CoreService, PrivacyService, ShopService, type MerchantId } from '@core/contracts';
import { deriveKeys } from '@core/crypto';
import { DEV_CLIENT_ID, type Shop } from '@core/shopify-stand-in';
import { aMerchantId, bearer, createIssuer, waitUntil } from '@core/testing';
import { createConsoleTokens } from '../src/auth/console-tokens.ts';
import { openInstallWorld, type InstallWorld } from './install-support.ts';
import { drain, failure } from './support.ts';

// From Shopify's admin into the console: the redirect, the exchange of the session token, and its result.

const shops = ShopService.method;
const issuer = createIssuer();
const keyOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;
const KEYRING = [keyOf('current'), keyOf('former')];

const DOCUMENT = '<!doctype html><title>the console</title>';
let folder: string;
let world: InstallWorld;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'core-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), DOCUMENT);
  const env = { ...issuer.env, CORE_CONSOLE_DIR: folder, CORE_ENCRYPTION_KEYS: KEYRING.join() };
  world = await openInstallWorld(env);
});
afterAll(async () => {
  expect(await world?.stop()).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

/** A shop whose merchant signed up with it, and in which the app was opened. */
async function openedShop(): Promise<{ merchantId: MerchantId; far: Shop }> {
  const [merchantId, far] = [aMerchantId(), world.newShop()];
  world.merchants.set(far.domain, merchantId);
  far.install();
  expect((await world.visit(far.openApp())).status).toBe(200);
  return { merchantId, far };
}

async function exchange(authorization: string | undefined, url = world.api.url) {
  const headers = authorization === undefined ? {} : { authorization };
  const reply = await fetch(`${url}/core.v1/console-token`, { method: 'POST', headers });
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as ExchangeBody };
}
interface ExchangeBody {
  token?: string;
  expires_in?: number;
  code?: string;
  message?: string;
}

async function tokenOf(far: Shop): Promise<string> {
  const { body } = await exchange(`Bearer ${far.sessionToken()}`);
  expect(body.token).toEqual(expect.stringMatching(/^console\./));
  return body.token!;
}

const as = (token: string) => ({ metadata: bearer(token) });
const asService = () => as(issuer.token());
const session = (token: string, request: { merchantId?: string } = {}) =>
  world.api.rpc.unary(shops.getSession, request, as(token));
const untilRefused = (token: string) =>
  waitUntil(async () => (await failure(session(token))).code === status.UNAUTHENTICATED, {
    what: 'the console token to be refused',
  });

/** The state after the worker has applied app/uninstalled. */
async function uninstalled({ domain }: Shop): Promise<void> {
  const { owner } = world.api;
  await owner.query('delete from shopify_connections where shop = $1', [domain]);
  await owner.query(
    "update shop_directory set ended_at = now(), end_reason = 'uninstalled' where shop = $1",
    [domain],
  );
}
const disconnect = (merchantId: string, { domain }: Shop) =>
  world.api.rpc.unary(shops.disconnectShop, { merchantId, shop: domain }, asService());
/** Connects the shop by an install link, as a merchant does who has disconnected it. */
async function connectAgain(merchantId: string, { domain }: Shop): Promise<void> {
  const link = { merchantId, shop: domain };
  const { url } = await world.api.rpc.unary(shops.createInstallLink, link, asService());
  const { location } = await world.visit(url);
  expect((await world.visit(location, 'POST')).status).toBe(200);
}

describe('the app that is opened in the admin', () => {
  it('is the console, which only that shop and the admin may show in a frame', async () => {
    const { far } = await openedShop();
    const reply = await world.visit(far.openApp());
    expect([reply.status, reply.text]).toEqual([200, DOCUMENT]);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const policy = (await fetch(`${world.api.url}/console`)).headers.get('content-security-policy')!;
    expect(policy).toContain("; frame-ancestors 'none';");
    // It differs in nothing else.
    expect(reply.headers.get('content-security-policy')).toBe(
      policy.replace("'none'; require-", `https://${far.domain} https://admin.shopify.com; require-`),
    );
  });

  it.each([
    ['of another shop', (url: string, shop: string) => url.replaceAll(shop, 'other.myshopify.com')],
    ['of another time', (url: string) => url.replace(/timestamp=\d+/, 'timestamp=1')],
    ['without a signature', (url: string) => url.replace(/hmac=[0-9a-f]+/, 'hmac=')],
    ['with a second shop', (url: string) => `${url}&shop=other.myshopify.com`],
    ['with a shop that ends the directive', (url: string) => `${url}&shop=x%3B%20script-src%20*`],
  ])('is a page without a frame by a query %s', async (_, change) => {
    const { far } = await openedShop();
    const reply = await world.visit(change(far.openApp(), far.domain));
    expect([reply.status, reply.text]).toEqual([400, expect.not.stringContaining(DOCUMENT)]);
    expect(reply.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/);
  });

  it('is the console again, and after its tokens were renewed', async () => {
    const { far } = await openedShop();
    expect((await world.visit(far.openApp())).text).toBe(DOCUMENT);
    far.tokens.expire();
    await world.api.owner.query(
      "update shopify_connections set expires_at = now() - interval '1 second' where shop = $1",
      [far.domain],
    );
    expect((await world.visit(far.openApp())).text).toBe(DOCUMENT);
  });

  it('says in a page why it does not, in a shop that is unknown or disconnected', async () => {
    const { merchantId, far } = await openedShop();
    const stranger = world.newShop();
    stranger.install();
    expect((await world.visit(stranger.openApp())).status).toBe(403);
    await disconnect(merchantId, far);
    const { status: answered, text } = await world.visit(far.openApp());
    expect([answered, text]).toEqual([403, expect.stringContaining('This shop was disconnected')]);
  });

  it('has its link to further scopes in the session of the console', async () => {
    const { far } = await openedShop();
    const { shops: listed } = await session(await tokenOf(far));
    const url = new URL(listed[0]!.grantScopesUrl);
    expect(url.searchParams.get('client_id')).toBe(DEV_CLIENT_ID);
    expect(url.searchParams.get('optional_scopes')).toBe('write_customers');
    expect(url.pathname).toMatch(/\/admin\/oauth\/install$/);
  });
});

describe('the exchange', () => {
  it('gives a token of an hour for the merchant of the shop, which no cache keeps', async () => {
    const { merchantId, far } = await openedShop();
    const { status: answered, headers, body } = await exchange(`Bearer ${far.sessionToken()}`);
    expect([answered, body.expires_in]).toEqual([200, 3_600]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toEqual(expect.any(String));
    const reply = await session(body.token!);
    expect(reply).toMatchObject({ merchantId, shop: far.domain });
    expect([...reply.scopes].sort()).toEqual([
      'customers:read',
      'imports:write',
      'rfm:read',
      'settings:write',
    ]);
  });

  it('gives one again for the same session token, because a reload sends it again', async () => {
    const { far } = await openedShop();
    const authorization = `Bearer ${far.sessionToken()}`;
    for (let n = 0; n < 3; n++) expect((await exchange(authorization)).status).toBe(200);
  });

  it('gives one that every process accepts', async () => {
    const { far } = await openedShop();
    const token = await tokenOf(far);
    const url = await world.api.another();
    const reply = await fetch(`${url}/core.v1.ShopService/GetSession`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: '{}',
    });
    expect(await reply.json()).toMatchObject({ shop: far.domain });
  });

  const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset;
  const spoil = (token: string, part: number, change: (text: string) => string) =>
    token
      .split('.')
      .map((text, n) => (n === part ? change(text) : text))
      .join('.');
  const withClaim = (token: string, name: string, value: unknown) =>
    spoil(token, 1, (text) => {
      const claims = JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
      return Buffer.from(JSON.stringify({ ...claims, [name]: value })).toString('base64url');
    });
  const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;

  type TokenOf = (far: Shop, other: Shop, merchantId: string) => string | undefined;
  it.each<[string, TokenOf, number, string]>([
    ['no token', () => undefined, 401, 'a bearer token is needed'],
    ['another scheme', (far) => `Basic ${far.sessionToken()}`, 401, 'must be Bearer'],
    [
      'an expired token',
      (far) =>
        `Bearer ${far.sessionToken({ claims: { exp: seconds(-11), iat: seconds(-71), nbf: seconds(-71) } })}`,
      401,
      'has expired: exp',
    ],
    [
      'a token of the future',
      (far) => `Bearer ${far.sessionToken({ claims: { nbf: seconds(60) } })}`,
      401,
      'nbf',
    ],
    [
      'a token that lives for an hour',
      (far) => `Bearer ${far.sessionToken({ claims: { exp: seconds(3_600) } })}`,
      401,
      'lives too long',
    ],
    ['another app', (far) => `Bearer ${far.sessionToken({ claims: { aud: 'other' } })}`, 401, 'aud'],
    ['another secret', (far) => `Bearer ${far.sessionToken({ secret: 'other' })}`, 401, 'signature'],
    [
      'the dest of another shop',
      (far, other) => `Bearer ${far.sessionToken({ claims: { dest: `https://${other.domain}` } })}`,
      401,
      'iss',
    ],
    [
      'the iss of another shop',
      (far, other) => `Bearer ${far.sessionToken({ claims: { iss: `https://${other.domain}/admin` } })}`,
      401,
      'iss',
    ],
    [
      'the token of an extension, which buyers get',
      (far) => `Bearer ${far.sessionToken({ claims: { iss: null, dest: far.domain } })}`,
      401,
      'dest',
    ],
    ['no user', (far) => `Bearer ${far.sessionToken({ claims: { sub: null } })}`, 401, 'sub'],
    ['alg none', (far) => `Bearer ${far.sessionToken({ header: { alg: 'none' } })}`, 401, ''],
    ['HS512', (far) => `Bearer ${far.sessionToken({ header: { alg: 'HS512' } })}`, 401, ''],
    ['a changed signature', (far) => `Bearer ${spoil(far.sessionToken(), 2, flip)}`, 401, 'signature'],
    [
      'a changed shop under the old signature',
      (far, other) => `Bearer ${withClaim(far.sessionToken(), 'dest', `https://${other.domain}`)}`,
      401,
      'iss',
    ],
    [
      'a later end under the old signature',
      (far) => `Bearer ${withClaim(far.sessionToken(), 'exp', seconds(120))}`,
      401,
      'signature',
    ],
    [
      'the token of a service for the merchant',
      (_far, _other, merchantId) => `Bearer ${issuer.token({ merchant_id: merchantId })}`,
      403,
      'only a session token of Shopify',
    ],
    ['the token of a service for any merchant', () => `Bearer ${issuer.token()}`, 400, 'merchant_id'],
    ['a token of no service', () => `Bearer ${createIssuer().token()}`, 401, ''],
    [
      'a console token by another key',
      () => `Bearer ${consoleToken(keyOf('gone'))}`,
      401,
      'not of this service',
    ],
  ])('refuses %s, and quotes nothing of it', async (_, authorizationOf, expected, message) => {
    const [{ merchantId, far }, { far: other }] = [await openedShop(), await openedShop()];
    const authorization = authorizationOf(far, other, merchantId);
    const { status: answered, body } = await exchange(authorization);
    expect([answered, body.message]).toEqual([expected, expect.stringContaining(message)]);
    expect(body.token).toBeUndefined();
    for (const part of authorization?.split(/[. ]/).filter((text) => text.length > 20) ?? []) {
      expect(JSON.stringify(body)).not.toContain(part);
    }
  });

  it('refuses a console token: its hour cannot be prolonged', async () => {
    const { far } = await openedShop();
    const { status: answered, body } = await exchange(`Bearer ${await tokenOf(far)}`);
    expect([answered, body]).toEqual([
      403,
      expect.objectContaining({ code: 'permission_denied', field: 'authorization' }),
    ]);
  });

  it.each<[string, (merchantId: string, far: Shop) => Promise<unknown>]>([
    ['was disconnected', disconnect],
    ['was uninstalled', (_, far) => uninstalled(far)],
  ])('refuses the user of a shop that %s', async (_, leave) => {
    const { merchantId, far } = await openedShop();
    await leave(merchantId, far);
    const { status: answered, body } = await exchange(`Bearer ${far.sessionToken()}`);
    expect([answered, body.message]).toEqual([403, expect.stringContaining('is not connected')]);
  });

  it('refuses the user of a shop that never was connected', async () => {
    const { status: answered, body } = await exchange(`Bearer ${world.newShop().sessionToken()}`);
    expect([answered, body.message]).toEqual([403, expect.stringContaining('is not connected')]);
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('is not reached by %s', async (method) => {
    const reply = await fetch(`${world.api.url}/core.v1/console-token`, { method });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

/** A token as this service would sign it with the first key of a keyring, at a time and for a purpose. */
function consoleToken(
  keyring: string,
  change: { merchantId?: MerchantId; shop?: string; since?: Date; at?: number; purpose?: string } = {},
): string {
  const {
    merchantId = aMerchantId(),
    shop = 'a.myshopify.com',
    since = new Date(),
    at = Date.now(),
  } = change;
  const keys = deriveKeys(keyring, change.purpose ?? 'console-token');
  return createConsoleTokens(keys, () => at).make({ shop, connection: { merchantId, since } });
}

describe('a console token', () => {
  /** The claims of a token that is accepted. */
  async function goodClaims(): Promise<{ merchantId: MerchantId; shop: string; since: Date }> {
    const { merchantId, far } = await openedShop();
    const { rows } = await world.api.owner.query<{ created_at: Date }>(
      'select created_at from shopify_connections where shop = $1',
      [far.domain],
    );
    return { merchantId, shop: far.domain, since: rows[0]!.created_at };
  }

  it('is accepted while its key is in the keyring', async () => {
    const claims = await goodClaims();
    for (const key of KEYRING) {
      expect(await session(consoleToken(key, claims))).toMatchObject({ shop: claims.shop });
    }
  });

  type Claims = Awaited<ReturnType<typeof goodClaims>>;
  it.each<[string, (claims: Claims) => string, string]>([
    [
      'its hour has passed',
      (good) => consoleToken(KEYRING[0]!, { ...good, at: Date.now() - 3_600_000 }),
      'expired',
    ],
    ['its key was removed', (good) => consoleToken(keyOf('gone'), good), 'not of this service'],
    [
      'it is signed by the key of install links',
      (good) => consoleToken(KEYRING[0]!, { ...good, purpose: 'install-state' }),
      'not of this service',
    ],
    [
      'it names another merchant',
      (good) => consoleToken(KEYRING[0]!, { ...good, merchantId: aMerchantId() }),
      'has ended',
    ],
    [
      'it names an earlier connection',
      (good) => consoleToken(KEYRING[0]!, { ...good, since: new Date(good.since.getTime() - 1) }),
      'has ended',
    ],
    [
      'it names an unknown shop',
      (good) => consoleToken(KEYRING[0]!, { ...good, shop: 'x.myshopify.com' }),
      'has ended',
    ],
    ['its signature is changed', (good) => consoleToken(KEYRING[0]!, good).replace(/.$/, '!'), ''],
    [
      'its body is changed',
      (good) => consoleToken(KEYRING[0]!, good).replace('.W', '.X'),
      'not of this service',
    ],
    ['it has no signature', (good) => consoleToken(KEYRING[0]!, good).replace(/[\w-]{1,100}$/, ''), ''],
  ])('is refused when %s', async (_, tokenFrom, message) => {
    const token = tokenFrom(await goodClaims());
    const refusal = await failure(session(token));
    expect(refusal).toEqual({
      code: status.UNAUTHENTICATED,
      details: expect.stringContaining(message),
    });
  });

  it('acts for no other merchant and in no other shop', async () => {
    const [{ far }, { merchantId: stranger, far: other }] = [await openedShop(), await openedShop()];
    const token = await tokenOf(far);
    expect(await failure(session(token, { merchantId: stranger }))).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    const { merchantId } = await session(token);
    const disconnecting = world.api.rpc.unary(
      shops.disconnectShop,
      { merchantId, shop: other.domain },
      as(token),
    );
    expect(await failure(disconnecting)).toMatchObject({ code: status.PERMISSION_DENIED });
  });

  it('has no right to emails, to write customers, or to privacy requests', async () => {
    const { merchantId, far } = await openedShop();
    const [{ rpc }, by] = [world.api, as(await tokenOf(far))];
    const email = `p-${merchantId}@example.com`;
    const customers = { merchantId, email };
    const { customerId } = await rpc.unary(CoreService.method.createCustomer, customers, asService());
    const read = { merchantId, customerId, consistency: Consistency.STRONG };
    const { customer } = await rpc.unary(CoreService.method.getCustomer, read, by);
    expect(customer).toMatchObject({ customerId });
    expect(customer?.email ?? '').toBe('');
    const calls: [scope: string, call: () => Promise<unknown>][] = [
      [
        'customers:pii',
        () => drain(rpc.stream(CoreService.method.exportSegment, { merchantId, includeEmails: true }, by)),
      ],
      ['customers:write', () => rpc.unary(CoreService.method.createCustomer, customers, by)],
      ['privacy:admin', () => rpc.unary(PrivacyService.method.listAuditLog, { merchantId }, by)],
    ];
    for (const [scope, call] of calls) {
      expect(await failure(call())).toEqual({
        code: status.PERMISSION_DENIED,
        details: expect.stringContaining(scope),
      });
    }
  });

  it('ends when the shop is disconnected, and does not return with the next connection', async () => {
    const { merchantId, far } = await openedShop();
    const token = await tokenOf(far);
    await disconnect(merchantId, far);
    await untilRefused(token);
    await connectAgain(merchantId, far);
    expect(await session(await tokenOf(far))).toMatchObject({ shop: far.domain });
    expect(await failure(session(token))).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('ends when the app is uninstalled', async () => {
    const { far } = await openedShop();
    const token = await tokenOf(far);
    await uninstalled(far);
    await untilRefused(token);
  });

  it('is in the audit log as the shop, without a person', async () => {
    const { merchantId, far } = await openedShop();
    const by = as(await tokenOf(far));
    await world.api.rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain }, by);
    const { rows } = await world.api.owner.query<{ actor: string }>(
      "select actor from audit_log where merchant_id = $1 and action = 'shop.disconnect'",
      [merchantId],
    );
    expect(rows).toEqual([{ actor: `shopify:${far.domain}` }]);
  });
});
