import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { givenCustomers } from './given-customers.ts';
import { givenRuns } from './given-runs.ts';
import { openWorld, type World } from './open-world.ts';
import { takePictures } from './take-pictures.ts';
import { heading, visit } from './visit.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 12 })));
afterAll(() => world?.[Symbol.asyncDispose]());

const token = (merchantId: string) => world.tokenOf(merchantId);

it('an import is started in two clicks, watched, cancelled, resumed and completed', async () => {
  const shop = 'bright-candles.myshopify.com';
  const merchantId = await world.newMerchant({ shop, customers: 30_000 });
  const far = world.stack.shopify.shop(shop);
  // The import must run until it is cancelled, and show its first page after some six requests.
  far.latencyMs = [3_000, 3_000];
  await visit(world, { token: token(merchantId) }, async (page, { requests }) => {
    await heading(page, 'No import yet');
    // No more: each is a round trip before a person sees the page. In the admin: admin.spec.
    expect(requests.map((each) => each.replace(/assets\/.*/, 'assets'))).toEqual([
      'GET /console',
      'GET /console/assets',
      'GET /core.v1.ShopService/GetSession',
      'GET /core.v1.CoreService/GetRfmDistribution',
    ]);
    expect(await checkState(page, 'overview-new')).toEqual([]);
    await page.getByRole('button', { name: 'Import customers' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await checkState(page, 'start-dialog')).toEqual([]);
    await page.getByText('Page by page').click();
    await page.getByRole('button', { name: 'Start the import' }).click();

    await page
      .getByText(/[1-9][\d,]{0,5} of 30,000/)
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
    await page.getByText('30,000 of 30,000').waitFor();
    expect(await checkState(page, 'run-completed')).toEqual([]);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();
    expect(await checkState(page, 'overview-completed')).toEqual([]);
  });
});

describe('imports of every outcome', () => {
  const shop = 'north-tea.myshopify.com';
  let signedIn: string;
  beforeAll(async () => {
    const merchantId = await world.newMerchant({ shop, customers: 0 });
    signedIn = token(merchantId);
    const owner = world.stack.pool('core_owner');
    await givenCustomers(owner, merchantId, { count: 12_480 });
    await owner.query(
      `insert into import_schedules (merchant_id, shop, cron, time_zone, mode, enabled)
       values ($1, $2, '30 4 * * *', 'Europe/Berlin', 'delta', true)`,
      [merchantId, shop],
    );
    const reasons = { invalid_metadata: 203, metadata_too_large: 1, invalid_email: 12, email_shared: 31 };
    await givenRuns(owner, { merchantId, shop }, [
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
      { status: 'completed_with_errors', expected: 12_480, read: 12_480, ago: 4_000, rowErrors: reasons },
      {
        status: 'paused',
        expected: 12_533,
        read: 8_286,
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
    visit(world, { token: signedIn }, async (page) => {
      await page.getByText('Paused').waitFor();
      expect(await checkState(page, 'overview-attention')).toEqual([]);
      await takePictures(page, 'overview');
      await page.getByRole('link', { name: 'Imports', exact: true }).click();
      await page.getByText('Incomplete').waitFor();
      expect(await checkState(page, 'imports')).toEqual([]);
      await takePictures(page, 'imports');
      for (const [status, name] of [
        [/Failed/, 'run-failed'],
        [/Paused/, 'run-paused'],
        [/Completed with errors/, 'run-errors'],
      ] as const) {
        await openRun(page, status);
        expect(await checkState(page, name)).toEqual([]);
      }
      await takePictures(page, 'run');
    }));

  it('have a file of errors, by the token of the page', () =>
    visit(world, { token: signedIn, acceptDownloads: true }, async (page) => {
      await heading(page, 'Last import');
      await openRun(page, /Completed with errors/);
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as CSV' }).click();
      const file = await arrives;
      expect(file.suggestedFilename()).toMatch(/^import-errors-[0-9a-f-]{36}\.csv$/);
    }));
});
