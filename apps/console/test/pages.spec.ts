import { aMerchantId } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { openPage, type ConsolePage, type OpenPage } from './open-page.ts';
import { openWorld, type World } from './open-world.ts';

const PATIENCE_MS = 120_000;

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 10 })));
afterAll(() => world?.[Symbol.asyncDispose]());

/** Opens a page, shows it to the spec, and expects that nothing went wrong in it. */
async function visit(
  options: OpenPage,
  work: (page: Page, opened: ConsolePage) => Promise<void>,
  expected = '',
) {
  const opened = await openPage(world, options);
  opened.page.setDefaultTimeout(PATIENCE_MS);
  try {
    await work(opened.page, opened);
    expect(opened.problems.filter((each) => expected === '' || !each.includes(expected))).toEqual([]);
  } finally {
    await opened.close();
  }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor();
const token = (merchantId: string, claims?: Record<string, unknown>) => world.tokenOf(merchantId, claims);

it('tells a person without a token how to sign in', () =>
  visit({}, async (page) => {
    await heading(page, 'You are not signed in');
    expect(await checkState(page, 'signed-out')).toEqual([]);
  }));

it('leads a merchant without a shop to the connection', () =>
  visit({ token: token(aMerchantId()) }, async (page) => {
    await heading(page, 'No shop is connected');
    expect(await checkState(page, 'no-shop')).toEqual([]);
  }));

describe('an import', () => {
  const shop = 'bright-candles.myshopify.com';
  let merchantId: string;
  beforeAll(async () => (merchantId = await world.newMerchant({ shop, customers: 4_000 })));

  it('is started in two clicks, watched, cancelled, resumed and completed', () =>
    visit({ token: token(merchantId) }, async (page, { requests }) => {
      await heading(page, 'No import yet');
      expect(page.url()).toBe(`${world.api.url}/console`);
      expect(requests.length).toBeLessThanOrEqual(4);
      expect(await checkState(page, 'overview-new')).toEqual([]);

      await page.getByRole('button', { name: 'Import customers' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await checkState(page, 'start-dialog')).toEqual([]);
      await page.getByRole('button', { name: 'Start the import' }).click();

      await page
        .getByText(/of 4,000/)
        .first()
        .waitFor();
      expect(await checkState(page, 'run-running')).toEqual([]);
      await page.getByRole('button', { name: 'Cancel the import' }).click();
      await page.getByRole('alertdialog').waitFor();
      expect(await checkState(page, 'cancel-dialog')).toEqual([]);
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel the import' }).click();
      await page.getByText('Cancelled', { exact: true }).waitFor();
      expect(await checkState(page, 'run-cancelled')).toEqual([]);

      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByText('Completed', { exact: true }).waitFor();
      await page.getByText('4,000 of 4,000').waitFor();
      expect(await checkState(page, 'run-completed')).toEqual([]);

      await page.getByRole('link', { name: 'All imports' }).click();
      await heading(page, 'Imports, newest first');
      expect(await checkState(page, 'imports')).toEqual([]);
      await page.getByRole('link', { name: 'Overview' }).click();
      await heading(page, 'All is well');
      expect(await checkState(page, 'overview-calm')).toEqual([]);
    }));
});
