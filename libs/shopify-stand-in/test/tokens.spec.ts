import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '../src/index.ts';
import { openShop } from './shopify-calls.ts';
import type { OpenShop } from './shopify-calls.ts';

let open: OpenShop;
beforeEach(async () => void (open = await openShop()));
afterEach(() => open.close());

const app = { client_id: DEV_CLIENT_ID, client_secret: DEV_CLIENT_SECRET };
const refresh = (refreshToken: string) => open.refresh({ ...app, refresh_token: refreshToken });
const works = async (token: string) => (await open.rest('customers/count.json', { token })).status === 200;
const HOUR_MS = 3_600_000;

describe('an expiring offline token', () => {
  it('expires after an hour, and a refresh returns a new pair', async () => {
    const { tokens } = await open.control({ issueTokens: {} });
    expect(tokens).toMatchObject({ expiresIn: 3600, refreshTokenExpiresIn: 90 * 86_400 });
    expect(await works('shpat_dev')).toBe(false);
    expect(await works(tokens.accessToken)).toBe(true);
    open.clock.ms += HOUR_MS;
    expect(await works(tokens.accessToken)).toBe(false);
    const { status, body } = await refresh(tokens.refreshToken);
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^shpat_/),
        expires_in: 3600,
        refresh_token: expect.stringMatching(/^shprt_/),
        refresh_token_expires_in: 90 * 86_400,
        scope: 'read_customers',
      },
    ]);
    expect(await works(body.access_token)).toBe(true);
    const all = [tokens.refreshToken, tokens.accessToken, body.refresh_token, body.access_token];
    expect(open.shop.tokens.issued()).toEqual(['shpat_dev', ...all]);
    expect(open.shop.stats()).toMatchObject({ refreshed: 1, violations: [] });
  });

  it('stays valid beside its successor until it expires', async () => {
    const { tokens } = await open.control({ issueTokens: { lifetimeS: 60 } });
    const { body } = await refresh(tokens.refreshToken);
    expect(await works(tokens.accessToken)).toBe(true);
    await open.control({ expireTokens: true });
    expect(await works(tokens.accessToken)).toBe(false);
    expect(await works(body.access_token)).toBe(false);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });
});

describe('a refresh token', () => {
  it('may be used again until its replacement is used', async () => {
    const { tokens } = await open.control({ issueTokens: {} });
    const [a, b] = [await refresh(tokens.refreshToken), await refresh(tokens.refreshToken)];
    expect(b.body.refresh_token).toBe(a.body.refresh_token);
    expect(await works(b.body.access_token)).toBe(true);
    expect((await refresh(a.body.refresh_token)).status).toBe(200);
    const late = await refresh(tokens.refreshToken);
    expect([late.status, late.body]).toEqual([
      401,
      { error: 'invalid_request', error_description: 'This request requires an active refresh_token' },
    ]);
    expect(open.rules()).toEqual([]);
  });

  it('expires 30 days after its first use, and after 90 days in any case', async () => {
    const { tokens } = await open.control({ issueTokens: {} });
    await refresh(tokens.refreshToken);
    open.clock.ms += 30 * 24 * HOUR_MS;
    expect((await refresh(tokens.refreshToken)).status).toBe(401);
    const { tokens: idle } = await open.control({ issueTokens: {} });
    open.clock.ms += 90 * 24 * HOUR_MS;
    expect((await refresh(idle.refreshToken)).status).toBe(401);
  });

  it('is revoked together with the access tokens', async () => {
    const { tokens } = await open.control({ issueTokens: {} });
    await open.control({ revokeTokens: true });
    expect(await works(tokens.accessToken)).toBe(false);
    expect((await refresh(tokens.refreshToken)).status).toBe(401);
    expect(open.rules()).toEqual([]);
  });
});

describe('a client that breaks a rule gets a violation', () => {
  it('for another refresh after a permanent refusal', async () => {
    const { tokens } = await open.control({ issueTokens: {} });
    await open.control({ revokeTokens: true });
    for (let i = 0; i < 3; i++) await refresh(tokens.refreshToken);
    expect(open.shop.stats().violations).toMatchObject([{ rule: 'refresh-token', times: 2 }]);
  });

  it('for a token that was never issued, the wrong secret, or another grant', async () => {
    expect((await refresh('shprt_invented')).status).toBe(401);
    expect((await open.refresh({ client_id: DEV_CLIENT_ID, refresh_token: 'x' })).status).toBe(400);
    expect((await open.refresh({ ...app, grant_type: 'authorization_code' })).status).toBe(400);
    expect(open.rules()).toEqual(['refresh-token', 'client-credentials', 'unsupported']);
  });
});
