import { aMerchantId } from '@core/testing';
import { checkState } from './check-state.ts';
import { openWorld, type World } from './open-world.ts';
import { heading, visit } from './visit.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 10 })));
afterAll(() => world?.[Symbol.asyncDispose]());

const token = (merchantId: string, claims?: Record<string, unknown>) => world.tokenOf(merchantId, claims);

describe('who is not signed in', () => {
  it('is told how to', () =>
    visit(world, {}, async (page) => {
      await heading(page, 'You are not signed in');
      expect(await checkState(page, 'signed-out')).toEqual([]);
    }));

  it('is told so when the token has expired', () =>
    visit(
      world,
      { token: token(aMerchantId(), { exp: 1 }) },
      async (page) => {
        await heading(page, 'Your session has ended');
        expect(await checkState(page, 'session-ended')).toEqual([]);
      },
      /401/,
    ));

  it('has no token in the address, the storage or a cookie, and none after a reload', () =>
    visit(world, { token: token(aMerchantId()) }, async (page) => {
      await heading(page, 'No shop is connected');
      expect(page.url()).toBe(`${world.api.url}/console`);
      const kept = await page.evaluate(() => [
        document.cookie,
        ...Object.values({ ...localStorage, ...sessionStorage }),
      ]);
      expect(kept.filter((text) => text.length > 10)).toEqual([]);
      await page.reload();
      await heading(page, 'You are not signed in');
    }));
});

describe('a caller', () => {
  it('without the scope sees that it has no access', () =>
    visit(
      world,
      { token: token(aMerchantId(), { scope: 'rfm:read' }) },
      async (page) => {
        await heading(page, 'No access');
        expect(await checkState(page, 'no-access')).toEqual([]);
      },
      /403/,
    ));

  it('that is bound to no merchant names one', () =>
    visit(
      world,
      { token: world.stack.issuer.token() },
      async (page) => {
        await heading(page, 'For which merchant?');
        expect(await checkState(page, 'choose-merchant')).toEqual([]);
        await page.getByLabel('Merchant id').fill(aMerchantId());
        await page.keyboard.press('Enter');
        await heading(page, 'No shop is connected');
      },
      /400/,
    ));

  it('without a shop is led to the connection', () =>
    visit(world, { token: token(aMerchantId()) }, async (page) => {
      await heading(page, 'No shop is connected');
      expect(await checkState(page, 'no-shop')).toEqual([]);
      await page.getByRole('link', { name: 'Connect a shop' }).click();
      await heading(page, 'Connect');
    }));
});

describe('a page', () => {
  let signedIn: string;
  beforeAll(async () => {
    signedIn = token(await world.newMerchant({ shop: 'quiet-books.myshopify.com', customers: 10 }));
  });

  it('that is loading keeps its place', () =>
    visit(world, { token: signedIn }, async (page) => {
      await heading(page, 'No import yet');
      await page.route('**/ListCustomerImports*', () => undefined);
      await page.getByRole('link', { name: 'Imports' }).click();
      await heading(page, 'Imports');
      await page.getByText('Loading').first().waitFor({ state: 'attached' });
      expect(await checkState(page, 'imports-loading')).toEqual([]);
      await page.unroute('**/ListCustomerImports*');
    }));

  it('whose code is loading has a heading, for readers of the screen', () =>
    visit(world, {}, async (page) => {
      await heading(page, 'You are not signed in');
      await page.goto('about:blank');
      await page.route('**/imports-page-*.js', () => undefined);
      await page.goto(`${world.api.url}/console/imports#token=${signedIn}`);
      await page.locator('nav').waitFor();
      await page.locator('.skeleton').waitFor();
      expect(await checkState(page, 'page-loading')).toEqual([]);
      await page.unroute('**/imports-page-*.js');
    }));

  it('without an import says what one does', () =>
    visit(world, { token: signedIn, path: '/imports' }, async (page) => {
      await heading(page, 'No import yet');
      expect(await checkState(page, 'imports-empty')).toEqual([]);
    }));

  it('whose call fails shows the next step, and recovers', () =>
    visit(
      world,
      { token: signedIn },
      async (page) => {
        await heading(page, 'No import yet');
        const refuse = { status: 500, contentType: 'application/json', body: '{"code":"internal"}' };
        await page.route('**/ListCustomerImports*', (route) => route.fulfill(refuse));
        await page.getByRole('link', { name: 'Imports' }).click();
        await heading(page, 'Something went wrong');
        expect(await checkState(page, 'imports-error')).toEqual([]);
        await page.unroute('**/ListCustomerImports*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await heading(page, 'No import yet');
      },
      /500/,
    ));

  it('works on without a network, and says how old it is', () =>
    visit(world, { token: signedIn }, async (page) => {
      await heading(page, 'No import yet');
      const loaded = page.waitForResponse(/segments-page/);
      await page.keyboard.press('Tab');
      await loaded;
      await page.context().setOffline(true);
      await page.getByText('You are offline').waitFor();
      await page.getByRole('link', { name: 'Segments', exact: true }).click();
      await heading(page, 'Segments');
      expect(await checkState(page, 'offline')).toEqual([]);
      await page.context().setOffline(false);
      await page.getByText('You are offline').waitFor({ state: 'detached' });
    }));

  it('whose code is gone says to open the console again', () =>
    visit(
      world,
      { token: signedIn },
      async (page) => {
        await heading(page, 'No import yet');
        await page.route(/segments-page/, (route) => route.fulfill({ status: 404 }));
        await page.getByRole('link', { name: 'Segments', exact: true }).click();
        await heading(page, 'This page could not be loaded');
        expect(await checkState(page, 'outdated')).toEqual([]);
        await page.getByRole('link', { name: 'Imports' }).click();
        await heading(page, 'Imports');
      },
      /404|dynamically imported module/,
    ));

  it('that does not exist leads back', () =>
    visit(world, { token: signedIn, path: '/nowhere' }, async (page) => {
      await heading(page, 'There is no such page');
      expect(await checkState(page, 'not-found')).toEqual([]);
    }));

  it('is used by the keyboard, in the order of the screen, and on a phone by a menu', () =>
    visit(world, { token: signedIn }, async (page) => {
      await heading(page, 'No import yet');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Import customers');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Import customers');

      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole('button', { name: 'Menu' }).click();
      expect(await checkState(page, 'menu')).toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole('link', { name: 'Imports' }).click();
      await heading(page, 'Imports');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Imports');
      expect(await page.getByRole('button', { name: 'Menu' }).getAttribute('aria-expanded')).toBe('false');
    }));
});
