import { aMerchantId } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { openPage } from './open-page.ts';
import { openWorld, type World } from './open-world.ts';
import { takePictures } from './take-pictures.ts';
import { heading, visit } from './visit.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 9 })));
afterAll(() => world?.[Symbol.asyncDispose]());

const SCOPES = ['read_customers', 'read_customer_merge'];
const far = (shop: string) => world.stack.shopify.shop(shop);
const owner = () => world.stack.pool('core_owner');
const card = (page: Page, shop: string) => page.getByRole('region', { name: shop });
const dialog = (page: Page) => page.getByRole('dialog');
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

/** Fills in the domain, by the keyboard alone, up to the link into Shopify. */
async function askForLink(page: Page, shop: string): Promise<void> {
  await page.getByRole('button', { name: 'Connect a shop' }).focus();
  await page.keyboard.press('Enter');
  await dialog(page).getByLabel('Domain of the shop').fill('shop.example.com');
  await page.keyboard.press('Enter');
  await dialog(page).getByText('Enter a domain such as').waitFor();
  expect(await checkState(page, 'connect-wrong-domain')).toEqual([]);
  await dialog(page).getByLabel('Domain of the shop').fill(`  ${shop.toUpperCase()} `);
  await page.keyboard.press('Enter');
  await heading(page, `Confirm in ${shop}`);
}

it('a shop is connected by a link that opens beside the console, and appears by itself', async () => {
  const shop = 'fresh-bread.myshopify.com';
  const merchantId = aMerchantId();
  far(shop).customers = 3;
  far(shop).timeZone = 'America/Lima';
  await visit(world, { token: world.tokenOf(merchantId), path: '/connect' }, async (page) => {
    await heading(page, 'No shop is connected');
    expect(await checkState(page, 'connect-empty')).toEqual([]);
    await askForLink(page, shop);
    await dialog(page).getByText(merchantId).waitFor();
    expect(await checkState(page, 'connect-link')).toEqual([]);
    const opens = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Open Shopify' }).click();
    const shopify = await opens;
    await page.getByText(`Waiting for ${shop}`).waitFor();
    expect(await checkState(page, 'connect-awaited')).toEqual([]);
    await shopify.waitForURL(/\/admin\/oauth\/authorize/, { waitUntil: 'commit' });
    expect(await shopify.evaluate(() => window.opener === null)).toBe(true);
    // In place of the person who confirms: install.spec of the api has these pages.
    await world.connectShop({ merchantId, shop });
    await card(page, shop).getByText('America/Lima').waitFor();
    await page.getByText(`Waiting for ${shop}`).waitFor({ state: 'detached' });
    await card(page, shop)
      .getByText(/Without it segments are not written/)
      .waitFor();
    expect(await checkState(page, 'connect-connected')).toEqual([]);
  });
});

it('the link of a console in a frame replaces the window around the frame', async () => {
  const merchantId = await world.newMerchant({ shop: 'framed-art.myshopify.com', customers: 1 });
  const { page, close } = await openPage(world, { token: world.tokenOf(merchantId), path: '/nowhere' });
  page.setDefaultTimeout(120_000);
  try {
    // In the place of Shopify's admin, which the policy of a signed query would allow.
    await page.route('**/around', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<iframe width="900" height="900" src="/console/connect#token=${world.tokenOf(merchantId)}"></iframe>`,
      }),
    );
    await page.route('**/console/connect', async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': policy = '', ...headers } = response.headers();
      const framed = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
      await route.fulfill({ response, headers: { ...headers, 'content-security-policy': framed } });
    });
    await page.goto(`${world.api.url}/around`);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('button', { name: 'Connect again' }).click();
    await frame.getByRole('button', { name: 'Continue' }).click();
    const leaves = page.waitForURL(/\/admin\/oauth\/authorize/, { waitUntil: 'commit' });
    await frame.getByRole('link', { name: 'Open Shopify' }).click();
    await leaves;
  } finally {
    await close();
  }
});

it('shops in every state say what does not work, and what to do', async () => {
  const merchantId = aMerchantId();
  const token = world.tokenOf(merchantId);
  const shops = ['all', 'gone', 'left', 'merges', 'refused'].map((name) => `${name}-shoes.myshopify.com`);
  const [all = '', gone = '', left = '', merges = '', refused = ''] = shops;
  far(all).scopes = [...SCOPES, 'write_customers', 'read_orders'];
  far(merges).scopes = ['read_customers'];
  for (const shop of shops) await world.connectShop({ merchantId, shop });
  await owner().query('update shopify_connections set refused_at = now() where shop = $1', [refused]);
  await owner().query('update shopify_connections set time_zone = null where shop = $1', [merges]);
  for (const [shop, reason] of [
    [gone, 'uninstalled'],
    [left, 'disconnected'],
  ]) {
    await owner().query('delete from shopify_connections where shop = $1', [shop]);
    await owner().query('update shop_directory set ended_at = now(), end_reason = $2 where shop = $1', [
      shop,
      reason,
    ]);
  }
  await visit(world, { token, path: '/connect' }, async (page) => {
    await card(page, refused).getByText('Access refused').waitFor();
    await card(page, refused).getByText('Shopify no longer accepts').waitFor();
    await card(page, merges).getByText('Missing', { exact: true }).waitFor();
    await card(page, merges).getByText('Not known: times are those of this browser, Europe/Berlin').waitFor();
    await card(page, gone).getByText('two days later').waitFor();
    await card(page, left).getByText('You have disconnected this shop').waitFor();
    await card(page, all).getByText('read_orders').waitFor();
    expect(await card(page, left).getByRole('button').allTextContents()).toEqual(['Connect again']);
    expect(await checkState(page, 'connect-states')).toEqual([]);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('link', { name: 'See the connection' }).first().waitFor();
    expect(await checkState(page, 'overview-connections')).toEqual([]);
  });
});

it('writing segments is turned on and off, if the shop allows it', async () => {
  const [shop, plain] = ['tidy-desk.myshopify.com', 'untidy-desk.myshopify.com'];
  far(shop).scopes = [...SCOPES, 'write_customers'];
  const merchantId = await world.newMerchant({ shop, customers: 2 });
  await world.connectShop({ merchantId, shop: plain });
  await visit(world, { token: world.tokenOf(merchantId), path: '/connect' }, async (page) => {
    await card(page, plain).getByText('It needs the optional permission').waitFor();
    expect(await card(page, plain).getByRole('button', { name: 'Turn on' }).count()).toBe(0);
    await card(page, shop).getByRole('button', { name: 'Turn on' }).click();
    await card(page, shop)
      .getByText(/^On: 0 customers, complete since/)
      .waitFor();
    expect(await checkState(page, 'connect-segments-on')).toEqual([]);
    await takePictures(page, 'connect');
    await card(page, shop).getByRole('button', { name: 'Turn off' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('are removed from the shop').waitFor();
    expect(await checkState(page, 'connect-segments-off-dialog')).toEqual([]);
    await question.getByRole('button', { name: 'Turn off' }).click();
    await question.waitFor({ state: 'detached' });
    await card(page, shop).getByText('Off: nothing is written').first().waitFor();
  });
});

it('a renamed shop is moved once it has proven that it is the same', async () => {
  const [shop, renamed, other] = ['old-tea', 'new-tea', 'other-tea'].map((name) => `${name}.myshopify.com`);
  const merchantId = await world.newMerchant({ shop: shop!, customers: 1 });
  far(other!).customers = 1;
  await visit(
    world,
    { token: world.tokenOf(merchantId), path: '/connect' },
    async (page) => {
      const move = page.getByRole('button', { name: 'The shop was renamed' });
      await move.focus();
      await page.keyboard.press('Enter');
      await dialog(page).getByLabel('New domain').fill(shop!);
      await page.keyboard.press('Enter');
      await dialog(page).getByText('This is the former domain.').waitFor();
      await dialog(page).getByLabel('New domain').fill(other!);
      await page.keyboard.press('Enter');
      await dialog(page).getByText('Nothing has changed').waitFor();
      expect(await checkState(page, 'connect-move-refused')).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      expect(await focused(page)).toBe('The shop was renamed');
      world.stack.shopify.rename(shop!, renamed!);
      await page.keyboard.press('Enter');
      await dialog(page).getByLabel('New domain').fill(renamed!);
      await page.keyboard.press('Enter');
      await card(page, renamed!).getByText('Connected', { exact: true }).first().waitFor();
      expect(await card(page, shop!).count()).toBe(0);
    },
    /40\d/,
  );
});

it('a shop is disconnected after a question that says what stops and what stays', async () => {
  const shop = 'last-day.myshopify.com';
  const merchantId = await world.newMerchant({ shop, customers: 1 });
  await visit(world, { token: world.tokenOf(merchantId), path: '/connect' }, async (page) => {
    await card(page, shop).getByRole('button', { name: 'Disconnect' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('What stays').waitFor();
    expect(await checkState(page, 'connect-disconnect')).toEqual([]);
    await question.getByRole('button', { name: 'Keep it connected' }).click();
    await question.waitFor({ state: 'detached' });
    await card(page, shop).getByRole('button', { name: 'Disconnect' }).click();
    await question.getByRole('button', { name: 'Disconnect' }).click();
    await card(page, shop).getByText('Disconnected', { exact: true }).waitFor();
    // The rest of the console knows it, too.
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText(`${shop} is disconnected`).waitFor();
  });
});

describe('the page', () => {
  let token: string;
  beforeAll(async () => {
    token = world.tokenOf(await world.newMerchant({ shop: 'calm-sea.myshopify.com', customers: 1 }));
  });
  const refuse = (page: Page, status: number, code: string) =>
    page.route('**/ListShops*', (route) =>
      route.fulfill({ status, contentType: 'application/json', body: JSON.stringify({ code }) }),
    );

  it('keeps its place while it is loading', () =>
    visit(world, { token }, async (page) => {
      await heading(page, 'No import yet');
      await page.route('**/ListShops*', () => undefined);
      await page.getByRole('link', { name: 'Connect', exact: true }).click();
      await heading(page, 'Connect');
      await page.getByText('Loading').first().waitFor({ state: 'attached' });
      expect(await checkState(page, 'connect-loading')).toEqual([]);
      await page.unroute('**/ListShops*');
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.reload();
    }));

  it.each([
    [500, 'internal', 'Something went wrong', 'connect-error'],
    [403, 'permission_denied', 'No access', 'connect-no-permission'],
  ])('shows the next step after %s', (status, code, title, state) =>
    visit(
      world,
      { token },
      async (page) => {
        await heading(page, 'No import yet');
        await refuse(page, status, code);
        await page.getByRole('link', { name: 'Connect', exact: true }).click();
        await heading(page, title);
        expect(await checkState(page, state)).toEqual([]);
        await page.unroute('**/ListShops*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await heading(page, 'calm-sea.myshopify.com');
      },
      /500|403/,
    ),
  );

  it('says that it is offline, and what it shows stays', () =>
    visit(world, { token, path: '/connect' }, async (page) => {
      await heading(page, 'calm-sea.myshopify.com');
      await page.getByRole('button', { name: 'Connect a shop' }).hover();
      await page.context().setOffline(true);
      await page.getByText('You are offline').waitFor();
      await heading(page, 'calm-sea.myshopify.com');
      expect(await checkState(page, 'connect-offline')).toEqual([]);
    }));
});
