import { aMerchantId } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { givenRuns } from './given-runs.ts';
import { openPage, type ConsolePage, type OpenPage } from './open-page.ts';
import { openWorld, type World } from './open-world.ts';

const PATIENCE_MS = 120_000;

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 10 })));
afterAll(() => world?.[Symbol.asyncDispose]());

/**
 * Opens a page, and expects that nothing went wrong in it: no error, no request to another site, nothing that
 * the policy refused.
 * @param expected matches the errors that the spec causes itself
 */
async function visit(
  options: OpenPage,
  work: (page: Page, opened: ConsolePage) => Promise<void>,
  expected = /^$/,
) {
  const opened = await openPage(world, options);
  opened.page.setDefaultTimeout(PATIENCE_MS);
  try {
    await work(opened.page, opened);
    expect(opened.problems.filter((each) => !expected.test(each))).toEqual([]);
  } finally {
    await opened.close();
  }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor();
const token = (merchantId: string, claims?: Record<string, unknown>) => world.tokenOf(merchantId, claims);

describe('who is not signed in', () => {
  it('is told how to', () =>
    visit({}, async (page) => {
      await heading(page, 'You are not signed in');
      expect(await checkState(page, 'signed-out')).toEqual([]);
    }));

  it('is told so when the token has expired', () =>
    visit(
      { token: token(aMerchantId(), { exp: 1 }) },
      async (page) => {
        await heading(page, 'Your session has ended');
        expect(await checkState(page, 'session-ended')).toEqual([]);
      },
      /401/,
    ));

  it('has no token in the address, the storage or a cookie, and none after a reload', () =>
    visit({ token: token(aMerchantId()) }, async (page) => {
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
      { token: token(aMerchantId(), { scope: 'rfm:read' }) },
      async (page) => {
        await heading(page, 'No access');
        expect(await checkState(page, 'no-access')).toEqual([]);
      },
      /403/,
    ));

  it('that is bound to no merchant names one', () =>
    visit(
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
    visit({ token: token(aMerchantId()) }, async (page) => {
      await heading(page, 'No shop is connected');
      expect(await checkState(page, 'no-shop')).toEqual([]);
      await page.getByRole('link', { name: 'Connect a shop' }).click();
      await heading(page, 'Connect');
    }));
});

it('an import is started in two clicks, watched, cancelled, resumed and completed', async () => {
  const shop = 'bright-candles.myshopify.com';
  const merchantId = await world.newMerchant({ shop, customers: 9_000 });
  const far = world.stack.shopify.shop(shop);
  // The import must run until it is cancelled.
  far.latencyMs = [6_000, 6_000];
  await visit({ token: token(merchantId) }, async (page, { requests }) => {
    await heading(page, 'No import yet');
    // The goal of the first view; the floor is 6.
    expect(requests).toHaveLength(4);
    expect(await checkState(page, 'overview-new')).toEqual([]);
    await page.getByRole('button', { name: 'Import customers' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await checkState(page, 'start-dialog')).toEqual([]);
    await page.getByRole('button', { name: 'Start the import' }).click();

    await page
      .getByText(/of 9,000/)
      .first()
      .waitFor();
    expect(await checkState(page, 'run-running')).toEqual([]);
    await page.getByRole('button', { name: 'Cancel the import' }).click();
    const question = page.getByRole('alertdialog');
    await question.waitFor();
    expect(await checkState(page, 'cancel-dialog')).toEqual([]);
    await question.getByRole('button', { name: 'Cancel the import' }).click();
    await page.getByText('Cancelled', { exact: true }).waitFor();
    expect(await checkState(page, 'run-cancelled')).toEqual([]);
    far.latencyMs = [0, 0];
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByText('9,000 of 9,000').waitFor();
    expect(await checkState(page, 'run-completed')).toEqual([]);
    await page.getByRole('link', { name: 'Overview' }).click();
    await heading(page, 'Last import');
    expect(await checkState(page, 'overview-completed')).toEqual([]);
  });
});

describe('imports of every outcome', () => {
  const shop = 'north-tea.myshopify.com';
  let signedIn: string;
  beforeAll(async () => {
    const merchantId = await world.newMerchant({ shop, customers: 0 });
    signedIn = token(merchantId);
    const reasons = { invalid_metadata: 1_203, metadata_too_large: 1, invalid_email: 12, email_shared: 230 };
    await givenRuns(world.stack.pool('core_owner'), { merchantId, shop }, [
      { status: 'completed', expected: 300, read: 300, ago: 200_000 },
      {
        status: 'failed',
        source: 'rest',
        expected: 300,
        read: 120,
        ago: 90_000,
        error: 'The shop is frozen.',
      },
      {
        status: 'incomplete',
        mode: 'delta',
        expected: 300,
        read: 290,
        ago: 50_000,
        error: '10 are missing.',
      },
      { status: 'completed_with_errors', expected: 51_230, read: 51_230, ago: 4_000, rowErrors: reasons },
      {
        status: 'paused',
        expected: 48_211,
        read: 31_870,
        ago: 600,
        waitingReason: 'Shopify does not answer.',
      },
    ]);
  });
  const openRun = async (page: Page, status: RegExp) => {
    await page.getByRole('link', { name: 'Imports', exact: true }).click();
    await page.getByRole('link', { name: status }).click();
    await page.getByRole('heading', { name: 'Progress' }).waitFor();
  };

  it('are listed, and explained one by one', () =>
    visit({ token: signedIn }, async (page) => {
      await page.getByText('Paused').waitFor();
      expect(await checkState(page, 'overview-attention')).toEqual([]);
      await page.getByRole('link', { name: 'Imports', exact: true }).click();
      await page.getByText('Incomplete').waitFor();
      expect(await checkState(page, 'imports')).toEqual([]);
      for (const [status, name] of [
        [/Failed/, 'run-failed'],
        [/Paused/, 'run-paused'],
        [/Completed with errors/, 'run-errors'],
      ] as const) {
        await openRun(page, status);
        expect(await checkState(page, name)).toEqual([]);
      }
    }));

  it('have a file of errors, by the token of the page', () =>
    visit({ token: signedIn, acceptDownloads: true }, async (page) => {
      await heading(page, 'Last import');
      await openRun(page, /Completed with errors/);
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as CSV' }).click();
      const file = await arrives;
      expect(file.suggestedFilename()).toMatch(/^import-errors-[0-9a-f-]{36}\.csv$/);
    }));
});

describe('a page', () => {
  let signedIn: string;
  beforeAll(async () => {
    signedIn = token(await world.newMerchant({ shop: 'quiet-books.myshopify.com', customers: 10 }));
  });

  it('that is loading keeps its place', () =>
    visit({ token: signedIn }, async (page) => {
      await heading(page, 'No import yet');
      await page.route('**/ListCustomerImports*', () => undefined);
      await page.getByRole('link', { name: 'Imports' }).click();
      await heading(page, 'Imports');
      await page.getByText('Loading').waitFor({ state: 'attached' });
      expect(await checkState(page, 'imports-loading')).toEqual([]);
      await page.unroute('**/ListCustomerImports*');
    }));

  it('without an import says what one does', () =>
    visit({ token: signedIn, path: '/imports' }, async (page) => {
      await heading(page, 'No import yet');
      expect(await checkState(page, 'imports-empty')).toEqual([]);
    }));

  it('whose call fails shows the next step, and recovers', () =>
    visit(
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
    visit({ token: signedIn }, async (page) => {
      await heading(page, 'No import yet');
      const loaded = page.waitForResponse(/planned-page/);
      await page.keyboard.press('Tab');
      await loaded;
      await page.context().setOffline(true);
      await page.getByText('You are offline').waitFor();
      await page.getByRole('link', { name: 'Segments' }).click();
      await heading(page, 'Segments');
      expect(await checkState(page, 'offline')).toEqual([]);
      await page.context().setOffline(false);
      await page.getByText('You are offline').waitFor({ state: 'detached' });
    }));

  it('whose code is gone says to open the console again', () =>
    visit(
      { token: signedIn },
      async (page) => {
        await heading(page, 'No import yet');
        await page.route(/planned-page/, (route) => route.fulfill({ status: 404 }));
        await page.getByRole('link', { name: 'Segments' }).click();
        await heading(page, 'This page could not be loaded');
        expect(await checkState(page, 'outdated')).toEqual([]);
        await page.getByRole('link', { name: 'Imports' }).click();
        await heading(page, 'Imports');
      },
      /404|dynamically imported module/,
    ));

  it('that does not exist leads back', () =>
    visit({ token: signedIn, path: '/nowhere' }, async (page) => {
      await heading(page, 'There is no such page');
      expect(await checkState(page, 'not-found')).toEqual([]);
    }));

  it('is used by the keyboard, in the order of the screen, and on a phone by a menu', () =>
    visit({ token: signedIn }, async (page) => {
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
