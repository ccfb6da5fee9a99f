import { ShopService } from '@core/contracts';
import { DEV_CLIENT_ID, type Shop } from '@core/shopify-stand-in';
import { aMerchantId, bearer, grpcClient, waitUntil, type GrpcClient } from '@core/testing';
import { checkState } from './check-state.ts';
import { inFrame } from './in-frame.ts';
import { openWorld, type World } from './open-world.ts';
import { heading, visit } from './visit.ts';

// The console in the frame of a shop's admin, from the installation on.

/** Each takes a second. */
const MAX_VISITS = 120;
const ADMIN = 'https://admin.shopify.com';
const shops = ShopService.method;

let world: World;
let rpc: GrpcClient;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 11 });
  const { stack, api } = world;
  rpc = grpcClient(api.target, { metadata: bearer(stack.issuer.token()) });
  stack.shopify.configure({
    applicationUrl: `${api.url}/shopify`,
    redirectUrls: [`${api.url}/shopify/callback`],
    scopes: ['read_customers', 'read_customer_merge'],
  });
});
afterAll(async () => {
  rpc?.close();
  await world?.[Symbol.asyncDispose]();
});

/** Installs the app in a new shop by an install link, as the browser of its owner does. */
async function install(domain: string): Promise<{ merchantId: string; far: Shop }> {
  const [merchantId, far] = [aMerchantId(), world.stack.shopify.shop(domain)];
  far.installed = false;
  const { url } = await rpc.unary(shops.createInstallLink, { merchantId, shop: domain });
  const callback = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
  const confirmed = await fetch(callback, { method: 'POST' });
  expect([confirmed.status, await confirmed.text()]).toEqual([200, expect.stringContaining('is connected')]);
  return { merchantId, far };
}

describe('a shop that is opened in the admin', () => {
  it.each([
    ['admin.shopify.com', () => ADMIN],
    ['the former address of the admin', (shop: string) => `https://${shop}`],
  ])('lands in the console, in a frame of %s', async (where, originOf) => {
    const domain = `candles-${where.length}.myshopify.com`;
    const { merchantId, far } = await install(domain);
    await inFrame(world, originOf(domain), far.openApp(), async ({ page, frame, ...seen }) => {
      await heading(frame, 'Overview');
      await frame.getByText(domain).first().waitFor();
      expect(seen.problems).toEqual([]);
      expect(seen.requests.map((each) => each.replace(/assets\/.*/, 'assets'))).toEqual([
        'GET /shopify',
        'GET /console/assets',
        'POST /core.v1/console-token',
        'GET /core.v1.ShopService/GetSession',
        'GET /core.v1.CoreService/GetRfmDistribution',
      ]);
      // No token is in the address, in the storage or in a cookie.
      const child = page.frames()[1]!;
      expect(child.url()).toBe(`${world.api.url}/console`);
      const kept = await child.evaluate(() => [
        document.cookie,
        ...Object.values({ ...localStorage, ...sessionStorage }),
      ]);
      expect(kept.filter((text) => text.length > 10)).toEqual([]);
      // The token is that of the merchant: a call that writes is stored for it.
      await frame.getByRole('link', { name: 'Imports' }).first().click();
      await heading(frame, 'Imports');
      await frame.getByRole('button', { name: 'Import customers' }).first().click();
      await frame.getByRole('button', { name: 'Start the import' }).click();
      // The page of the run, whose heading the list of imports does not have.
      await frame.getByRole('heading', { name: 'Progress' }).waitFor();
      const { rows } = await world.stack
        .pool('core_owner')
        .query<{ actor: string }>(
          "select actor from audit_log where merchant_id = $1 and action = 'import.start'",
          [merchantId],
        );
      expect(rows).toEqual([{ actor: `shopify:${domain}` }]);
      expect(seen.problems).toEqual([]);
    });
  });

  it('is in no frame of another site, nor of another shop', async () => {
    const { far } = await install('framed.myshopify.com');
    for (const origin of ['https://evil.example.com', 'https://other.myshopify.com']) {
      await inFrame(world, origin, far.openApp(), async ({ page, problems, requests }) => {
        await waitUntil(() => problems.length > 0, { what: 'the frame to be refused' });
        expect(problems).toEqual([expect.stringContaining('frame-ancestors')]);
        expect(requests).toEqual(['GET /shopify']);
        expect(page.frames()[1]?.url()).not.toContain('/console');
      });
    }
  });
});

describe('the console in the admin', () => {
  it('shows its frame while the token is exchanged, and tries again after a failure', async () => {
    const { far } = await install('slow.myshopify.com');
    await visit(
      world,
      {},
      async (page) => {
        const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
        await page.route('**/core.v1/console-token', async (route) => {
          await answered;
          await route.fulfill({ status: 503, json: { code: 'unavailable', message: 'later' } });
          await page.unroute('**/core.v1/console-token');
        });
        await page.goto(far.openApp());
        await page.getByText('Loading').first().waitFor({ state: 'attached' });
        expect(await checkState(page, 'admin-exchanging')).toEqual([]);
        answer();
        await heading(page, 'Overview');
      },
      /503/,
    );
  });

  it('says how to open it again when the session token is too old', async () => {
    const { far } = await install('late.myshopify.com');
    const { searchParams: query } = new URL(far.openApp());
    const iat = Math.floor(Date.now() / 1_000) - 120;
    query.set('id_token', far.sessionToken({ claims: { iat, nbf: iat, exp: iat + 60 } }));
    await visit(
      world,
      { path: `?${query}` },
      async (page) => {
        await heading(page, 'The console could not be opened');
        const again = page.getByRole('link', { name: 'Open again in Shopify' });
        expect(await again.getAttribute('href')).toBe(`https://${far.domain}/admin/apps/${DEV_CLIENT_ID}`);
        expect(await again.getAttribute('target')).toBe('_top');
        expect(page.url()).toBe(`${world.api.url}/console`);
        expect(await checkState(page, 'admin-refused')).toEqual([]);
      },
      /401/,
    );
  });

  it('says so when the shop is disconnected while it is open, and when it is opened after that', async () => {
    const { merchantId, far } = await install('left.myshopify.com');
    const { search: path } = new URL(far.openApp());
    await visit(
      world,
      { path },
      async (page) => {
        await heading(page, 'Overview');
        await rpc.unary(shops.disconnectShop, { merchantId, shop: far.domain });
        const [imports, overview] = ['Imports', 'Overview'].map((name) => page.getByRole('link', { name }));
        const ended = page.getByRole('heading', { name: 'Your session has ended' });
        // The api remembers for some seconds that the shop was connected, and the page what it has read.
        for (let n = 0; n < MAX_VISITS && !(await ended.isVisible()); n++) {
          await (n % 2 ? overview! : imports!)
            .first()
            .click({ timeout: 1_000 })
            .catch(() => undefined);
          await page.waitForTimeout(1_000);
        }
        await ended.waitFor();
        expect(await checkState(page, 'admin-ended')).toEqual([]);
      },
      /401/,
    );
    // Another session token: one lives for a minute.
    const { search: later } = new URL(far.openApp());
    await visit(
      world,
      { path: later },
      async (page) => {
        await heading(page, 'This shop is not connected');
        expect(await checkState(page, 'admin-not-connected')).toEqual([]);
      },
      /403/,
    );
  });

  it('renews its token with App Bridge, where the page has it', async () => {
    const { far } = await install('bridge.myshopify.com');
    await visit(world, {}, async (page) => {
      let given = 0;
      await page.exposeFunction('nextSessionToken', () => {
        given++;
        return far.sessionToken();
      });
      await page.addInitScript(() => {
        const { nextSessionToken } = window as unknown as { nextSessionToken: () => Promise<string> };
        Object.assign(window, { shopify: { idToken: () => nextSessionToken() } });
      });
      await page.clock.install();
      await page.goto(`${world.api.url}/console?shop=${far.domain}`);
      await heading(page, 'Overview');
      await page.getByRole('link', { name: 'Imports' }).first().click();
      await heading(page, 'Imports');
      expect(given).toBe(1);
      await page.clock.fastForward('01:00:00');
      await page.getByRole('link', { name: 'Overview' }).click();
      await waitUntil(() => given === 2, { what: 'the token to be renewed' });
      await heading(page, 'Overview');
    });
  });
});
