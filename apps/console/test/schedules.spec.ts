import { ImportService } from '@core/contracts';
import { bearer, grpcClient } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { openWorld, type World } from './open-world.ts';
import { heading, visit } from './visit.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 9 })));
afterAll(() => world?.[Symbol.asyncDispose]());

const dialog = (page: Page) => page.getByRole('dialog');
const row = (page: Page, shop: string) => page.getByRole('listitem').filter({ hasText: shop });
const times = (page: Page) => page.locator('.schedule-next time').allTextContents();

async function storedSchedules(merchantId: string) {
  const rpc = grpcClient(world.api.target, { metadata: bearer(world.stack.issuer.token()) });
  try {
    return (await rpc.unary(ImportService.method.listImportSchedules, { merchantId })).schedules;
  } finally {
    rpc.close();
  }
}

it('a schedule is set, changed and deleted, and shows its next imports by the clock of the shop', async () => {
  const shop = 'early-coffee.myshopify.com';
  world.stack.shopify.shop(shop).timeZone = 'Asia/Tokyo';
  const merchantId = await world.newMerchant({ shop, customers: 1 });
  await visit(
    world,
    { token: world.tokenOf(merchantId), path: '/imports' },
    async (page) => {
      await page.getByText('is imported only when you start it').waitFor();
      expect(await checkState(page, 'schedules-none')).toEqual([]);
      await page.getByRole('button', { name: 'Add a schedule' }).focus();
      await page.keyboard.press('Enter');
      await dialog(page).getByText('As an expression: 0 3 * * *').waitFor();
      expect(await dialog(page).getByLabel('By the clock of').inputValue()).toBe('Asia/Tokyo');
      await dialog(page).getByLabel('At', { exact: true }).fill('04:30');
      expect(await checkState(page, 'schedule-dialog')).toEqual([]);
      await page.getByRole('button', { name: 'Save the schedule' }).click();
      await page.getByText('Every day at 4:30').waitFor();
      const shown = await times(page);
      expect(shown).toHaveLength(3);
      // The browser is in Berlin; these are times of Tokyo.
      for (const time of shown) expect(time).toMatch(/4:30\sAM$/);
      const [stored] = await storedSchedules(merchantId);
      expect(stored).toMatchObject({ cron: '30 4 * * *', timeZone: 'Asia/Tokyo', enabled: true });
      const instants = await page
        .locator('.schedule-next time')
        .evaluateAll((all) => all.map((each) => Date.parse(each.getAttribute('datetime') ?? '') / 1_000));
      expect(instants).toEqual(stored?.nextFireTimes.map(({ seconds }) => Number(seconds)));
      expect(await checkState(page, 'schedules')).toEqual([]);

      await page.getByRole('button', { name: 'Change' }).click();
      await dialog(page).getByLabel('How often').selectOption('expert');
      await dialog(page).getByRole('textbox', { name: 'Cron expression' }).fill('*/5 * * * *');
      await page.keyboard.press('Enter');
      await dialog(page).getByText('Must not run more often than hourly').waitFor();
      expect(
        await dialog(page).getByRole('textbox', { name: 'Cron expression' }).getAttribute('aria-invalid'),
      ).toBe('true');
      expect(await checkState(page, 'schedule-refused')).toEqual([]);
      await dialog(page).getByRole('textbox', { name: 'Cron expression' }).fill('0 3 * * 1-5');
      await page.keyboard.press('Enter');
      await page.getByText('By the expression 0 3 * * 1-5').waitFor();

      await page.getByRole('button', { name: 'Change' }).click();
      await dialog(page).getByLabel('How often').selectOption({ label: 'Every week' });
      await dialog(page)
        .getByRole('combobox', { name: 'On', exact: true })
        .selectOption({ label: 'Wednesday' });
      await dialog(page).getByLabel('By the clock of').selectOption('UTC');
      await dialog(page).getByText('Active').click();
      expect(await checkState(page, 'schedule-weekly')).toEqual([]);
      await page.getByRole('button', { name: 'Save the schedule' }).click();
      await page.getByText('Every Wednesday at 3:00').waitFor();
      await page.getByText('The clock of UTC').waitFor();
      expect(await times(page)).toEqual([]);
      expect((await storedSchedules(merchantId))[0]).toMatchObject({ cron: '0 3 * * 3', enabled: false });

      await page.getByRole('button', { name: 'Delete' }).click();
      expect(await checkState(page, 'schedule-delete')).toEqual([]);
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByText('is imported only when you start it').waitFor();
      expect(await storedSchedules(merchantId)).toEqual([]);
    },
    /400/,
  );
});

it('several shops have their own schedules, with their problems and unknown clocks', async () => {
  const [shop, second] = ['two-lamps.myshopify.com', 'unset-lamps.myshopify.com'];
  const merchantId = await world.newMerchant({ shop, customers: 1 });
  await world.connectShop({ merchantId, shop: second });
  const owner = world.stack.pool('core_owner');
  await owner.query(
    `insert into import_schedules (merchant_id, shop, cron, time_zone, mode, enabled, last_error)
     values ($1, $2, '0 */6 * * *', 'America/New_York', 'full', true, 'Another import was running.')`,
    [merchantId, shop],
  );
  await owner.query('update shopify_connections set time_zone = null where shop = $1', [shop]);
  await visit(world, { token: world.tokenOf(merchantId), path: '/imports' }, async (page) => {
    await row(page, shop).getByText('Every 6 hours').waitFor();
    await row(page, shop).getByText('The clock of America/New_York').waitFor();
    await row(page, shop).getByText('Another import was running.').waitFor();
    await row(page, shop).getByText('those of this browser, Europe/Berlin').waitFor();
    await row(page, second).getByText('is imported only when you start it').waitFor();
    expect(await checkState(page, 'schedules-two')).toEqual([]);
    await page.getByRole('button', { name: 'Change' }).click();
    await dialog(page).getByLabel('Hours between imports').waitFor();
    expect(await checkState(page, 'schedule-hourly')).toEqual([]);
  });
});

it('schedules that cannot be read show the next step', async () => {
  const merchantId = await world.newMerchant({ shop: 'slow-clock.myshopify.com', customers: 1 });
  await visit(
    world,
    { token: world.tokenOf(merchantId) },
    async (page) => {
      await heading(page, 'No import yet');
      await page.route('**/ListImportSchedules*', (route) =>
        route.fulfill({ status: 500, contentType: 'application/json', body: '{"code":"internal"}' }),
      );
      await page.getByRole('link', { name: 'Imports', exact: true }).click();
      await heading(page, 'Something went wrong');
      await page.unroute('**/ListImportSchedules*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('is imported only when you start it').waitFor();
    },
    /500/,
  );
});
