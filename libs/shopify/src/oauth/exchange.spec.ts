import { ShopifyRejected, ShopifyUnavailable, ShopRenamed, UnusableAnswer } from '../answers/errors.ts';
import { exchangeCode, exchangeSessionToken, GrantRefused } from './exchange.ts';
import { RefreshRefused, requestTokens } from './request-tokens.ts';

const NOW = Date.parse('2026-11-02T03:04:05Z');
const SHOP = 'a-shop.myshopify.com';
const [SESSION_TOKEN, CODE, REFRESH_TOKEN] = ['the-session-token', 'the-code', 'the-refresh-token'];
const endpoint = {
  baseUrl: 'https://{shop}',
  clientId: 'client-id',
  clientSecret: 'the-client-secret',
  signal: new AbortController().signal,
};
const now = () => NOW;

const GRANTED = {
  access_token: 'shpat_a',
  scope: 'write_customers,read_customer_merge',
  expires_in: 3_600,
  refresh_token: 'shprt_b',
  refresh_token_expires_in: 7_776_000,
};

/** Replaces fetch by one reply, and returns the requests. */
function reply(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return jest
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async () => new Response(text, { status, headers }));
}
afterEach(() => void jest.restoreAllMocks());

const GRANTS = {
  session: () => exchangeSessionToken(endpoint, SHOP, SESSION_TOKEN, now),
  code: () => exchangeCode(endpoint, SHOP, CODE, now),
  refresh: () => requestTokens(endpoint, SHOP, REFRESH_TOKEN, now),
};
type Kind = keyof typeof GRANTS;

describe('the request', () => {
  it.each<[Kind, Record<string, string>]>([
    [
      'session',
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: SESSION_TOKEN,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        requested_token_type: 'urn:shopify:params:oauth:token-type:offline-access-token',
        expiring: '1',
      },
    ],
    ['code', { code: CODE, expiring: '1' }],
    ['refresh', { grant_type: 'refresh_token', refresh_token: REFRESH_TOKEN }],
  ])('for a grant by %s is a form with the credentials of the app', async (kind, fields) => {
    const fetched = reply(200, GRANTED);
    await GRANTS[kind]();
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect(url).toBe(`https://${SHOP}/admin/oauth/access_token`);
    expect(init).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    expect(Object.fromEntries(init?.body as URLSearchParams)).toEqual({
      ...fields,
      client_id: endpoint.clientId,
      client_secret: endpoint.clientSecret,
    });
  });

  it.each<[string, object]>([
    ['the client id', { clientId: '' }],
    ['the client secret', { clientSecret: '' }],
  ])('is not sent without %s', async (_what, lacks) => {
    const fetched = reply(200, GRANTED);
    const grant = exchangeCode({ ...endpoint, ...lacks }, SHOP, CODE, now);
    await expect(grant).rejects.toBeInstanceOf(ShopifyRejected);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is not sent to another host', async () => {
    const fetched = reply(200, GRANTED);
    const grant = exchangeSessionToken(endpoint, `evil.example/${SHOP}`, SESSION_TOKEN, now);
    await expect(grant).rejects.toBeInstanceOf(ShopifyRejected);
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe('the reply', () => {
  const granted = {
    accessToken: 'shpat_a',
    refreshToken: 'shprt_b',
    expiresAt: new Date(NOW + 3_600_000),
    scopes: ['read_customer_merge', 'write_customers'],
    grantedAt: new Date('2026-11-02T03:05:00Z'),
  };
  const date = { date: 'Mon, 02 Nov 2026 03:05:00 GMT' };

  it.each<Kind>(['session', 'code'])(
    'to a grant by %s has tokens, scopes and the time of Shopify',
    async (kind) => {
      reply(200, GRANTED, date);
      expect(await GRANTS[kind]()).toEqual(granted);
    },
  );

  it('may have a permanent token', async () => {
    reply(200, { access_token: 'shpat_a', scope: 'read_customers' }, date);
    expect(await GRANTS.code()).toEqual({
      ...granted,
      refreshToken: undefined,
      expiresAt: undefined,
      scopes: ['read_customers'],
    });
  });

  it.each([undefined, '', 'yesterday', '1'])('has our own time in place of the date %j', async (header) => {
    reply(200, GRANTED, header === undefined ? {} : { date: header });
    expect((await GRANTS.code()) as object).toMatchObject({ grantedAt: new Date(NOW) });
  });

  it.each<[string, unknown]>([
    ['no access token', { ...GRANTED, access_token: undefined }],
    ['an empty access token', { ...GRANTED, access_token: '' }],
    ['an access token that is not text', { ...GRANTED, access_token: ['shpat_a'] }],
    ['an expiry without a refresh token', { ...GRANTED, refresh_token: undefined }],
    ['a refresh token without an expiry', { ...GRANTED, expires_in: null }],
    ['a refresh token that is not text', { ...GRANTED, refresh_token: 7 }],
    ['an expiry in the past', { ...GRANTED, expires_in: 0 }],
    ['an expiry that is text', { ...GRANTED, expires_in: '3600' }],
    ['no scopes', { ...GRANTED, scope: undefined }],
    ['a list of scopes', { ...GRANTED, scope: ['read_customers'] }],
    ['a list', [GRANTED]],
    ['no JSON', 'access_token=shpat_a'],
    ['a web page', '<!doctype html>'],
    ['nothing', ''],
  ])('is not usable with %s', async (_what, body) => {
    reply(200, body);
    await expect(GRANTS.session()).rejects.toBeInstanceOf(UnusableAnswer);
  });

  it.each<[Kind, number, unknown, new (...args: never[]) => Error]>([
    ['session', 400, { error: 'invalid_subject_token' }, GrantRefused],
    ['session', 400, { error: 'invalid_request' }, ShopifyRejected],
    ['session', 401, { error: 'invalid_subject_token' }, ShopifyRejected],
    ['session', 400, { error: ['invalid_subject_token'] }, ShopifyRejected],
    ['session', 400, { error: 'application_cannot_be_found' }, ShopifyRejected],
    ['session', 400, '<!doctype html>', UnusableAnswer],
    ['session', 403, {}, ShopifyRejected],
    ['code', 400, { error: 'invalid_request' }, GrantRefused],
    ['code', 400, { error: 'invalid_grant' }, GrantRefused],
    ['code', 400, { error: 'invalid_subject_token' }, ShopifyRejected],
    ['code', 400, { error: 'application_cannot_be_found' }, ShopifyRejected],
    ['code', 401, { error: 'invalid_client' }, ShopifyRejected],
    ['refresh', 401, { error: 'invalid_request' }, RefreshRefused],
    ['refresh', 400, { error: 'invalid_request' }, ShopifyRejected],
    ['refresh', 400, '<!doctype html>', ShopifyRejected],
    ['refresh', 401, { error: 'invalid_client' }, ShopifyRejected],
    ['refresh', 401, 'no JSON', UnusableAnswer],
    ['code', 404, {}, UnusableAnswer],
    ['code', 429, {}, UnusableAnswer],
    ['code', 500, {}, UnusableAnswer],
    ['session', 520, 'error code: 520', UnusableAnswer],
  ])('to a grant by %s with HTTP %d %j is an error', async (kind, status, body, error) => {
    reply(status, body);
    await expect(GRANTS[kind]()).rejects.toMatchObject({ name: error.name });
  });

  it('states a delay in seconds', async () => {
    reply(429, {}, { 'retry-after': '2.0' });
    await expect(GRANTS.code()).rejects.toMatchObject({ retryAfterMs: 2_000 });
  });

  it('leads to the new domain of a renamed shop', async () => {
    reply(301, '', { location: 'https://b-shop.myshopify.com/admin/oauth/access_token' });
    await expect(GRANTS.code()).rejects.toBeInstanceOf(ShopRenamed);
  });

  it('may be missing', async () => {
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError(`fetch failed for ${CODE}`));
    await expect(GRANTS.code()).rejects.toBeInstanceOf(ShopifyUnavailable);
  });
});

it('puts no secret into an error', async () => {
  const secrets = [SESSION_TOKEN, CODE, REFRESH_TOKEN, endpoint.clientSecret, 'shpat_a', 'shprt_b'];
  const echo = {
    ...GRANTED,
    error: 'invalid_request',
    error_description: secrets.join(' '),
    scope: undefined,
  };
  for (const status of [200, 301, 400, 401, 403, 404, 429, 500]) {
    for (const kind of ['session', 'code', 'refresh'] as const) {
      reply(status, { ...echo, refresh_token: null });
      const error: unknown = await GRANTS[kind]().catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(Error);
      const { message, stack, cause } = error as Error;
      const shown = `${message} ${stack} ${String(cause)} ${JSON.stringify(error)}`;
      expect([status, kind, secrets.filter((secret) => shown.includes(secret))]).toEqual([status, kind, []]);
    }
  }
});
