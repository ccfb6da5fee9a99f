import { heapOf, watchUpdates, type WatchedUpdates } from '@core/testing';
import type { Page } from 'playwright-core';
import { openWorld, type World } from './open-world.ts';
import { visit } from './visit.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 8 })));
afterAll(() => world?.[Symbol.asyncDispose]());

/** The floor of a run of 50,000 customers, which npm run bench measures. */
const MOST_BYTES = 20 * 2 ** 20;

it('shows every update of a live import, and holds no more memory at its end', async () => {
  const shop = 'quiet-books.myshopify.com';
  const merchantId = await world.newMerchant({ shop, customers: 5_000 });
  // Long enough for many updates.
  world.stack.shopify.shop(shop).latencyMs = [1_000, 1_000];
  let watched: WatchedUpdates | undefined;
  const prepare = async (page: Page) => void (watched = await watchUpdates(page));
  await visit(world, { token: world.tokenOf(merchantId), prepare }, async (page) => {
    // The importer waits when a shop of a busy machine answers late.
    page.setDefaultTimeout(600_000);
    await page.getByRole('button', { name: 'Import customers' }).click();
    await page.getByText('Page by page').click();
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page
      .getByText(/[1-9][\d,]{0,4} of 5,000/)
      .first()
      .waitFor();
    const heap = await heapOf(page);
    const before = await heap();
    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByText('5,000 of 5,000').waitFor();
    expect((await heap()) - before).toBeLessThan(MOST_BYTES);
    expect(watched?.arrived()).toBeGreaterThan(2);
    expect(watched?.dropped()).toEqual([]);
  });
});
