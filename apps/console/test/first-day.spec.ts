// tag: compliance
import { readFileSync } from 'node:fs';
import { CoreService, PrivacyService, ShopService } from '@core/contracts';
import type { Shop } from '@core/shopify-stand-in';
import { aMerchantId, bearer, grpcClient, type GrpcClient } from '@core/testing';
import type { FrameLocator, Page } from 'playwright-core';
import { countMoves } from './given-scores.ts';
import { inFrame } from './in-frame.ts';
import { openWorld, type World } from './open-world.ts';
import { preview, shownMoves } from './preview.ts';
import { publishScores } from './publish-scores.ts';
import { heading, visit } from './visit.ts';

// The first day of a merchant, in the order of the day. Every step is compared with the database.

const CUSTOMERS = 5_000;
const SCORED = 1_000;
const WRONG = { invalid_metadata: 7, invalid_email: 12 };
const SHOP = 'first-day.myshopify.com';
const merchantId = aMerchantId();
const core = CoreService.method;

let world: World;
let rpc: GrpcClient;
let far: Shop;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 0, kafka: true });
  const { stack, api } = world;
  await stack.start('worker');
  rpc = grpcClient(api.target, { metadata: bearer(stack.issuer.token()) });
  stack.shopify.configure({
    applicationUrl: `${api.url}/shopify`,
    redirectUrls: [`${api.url}/shopify/callback`],
    scopes: ['read_customers', 'read_customer_merge'],
  });
  far = stack.shopify.shop(SHOP);
  far.installed = false;
  far.customers = CUSTOMERS;
  spoil([...far.all()].map(({ id }) => id));
});
afterAll(async () => {
  rpc?.close();
  await world?.[Symbol.asyncDispose]();
});

/** Gives customers of the shop values that cannot be stored. */
function spoil(ids: string[]): void {
  const { invalid_metadata: tags, invalid_email: emails } = WRONG;
  for (const id of ids.slice(100, 100 + tags)) far.edit(id, { tags: ['half \u0000'] });
  for (const id of ids.slice(4_000, 4_000 + emails)) far.edit(id, { email: 'no address' });
}

async function only<T>(text: string, values: unknown[] = [merchantId]): Promise<T> {
  const { rows } = await world.stack.pool('core_owner').query(text, values);
  expect(rows).toHaveLength(1);
  return rows[0] as T;
}
const storedRun = () =>
  only<{ status: string; read: number; created: number; row_errors: object | null }>(
    `select status, row_errors, sum(read)::int as read, sum(created)::int as created
       from customer_import_logs l join customer_import_slices s on s.import_id = l.id
      where l.merchant_id = $1 group by status, row_errors`,
  );
const open = async (page: Page | FrameLocator, name: string) => {
  await page.getByRole('link', { name, exact: true }).first().click();
  await heading(page, name);
};

it('is a day without a script and without a reload', async () => {
  await install();
  await inFrame(world, 'https://admin.shopify.com', far.openApp(), async ({ page, frame, problems }) => {
    await heading(frame, 'Overview');
    await cancelAnImport(frame);
    await resumeTheImport(frame);
    await readErrors(page, frame);
    await schedule(frame);
    await lookAtSegments(frame);
    await changeThresholds(frame);
    expect(problems).toEqual([]);
  });
  await erasePerson();
});

/** The owner opens the link of the platform, and confirms the connection. */
async function install(): Promise<void> {
  const { url } = await rpc.unary(ShopService.method.createInstallLink, { merchantId, shop: SHOP });
  const callback = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
  const confirmed = await fetch(callback, { method: 'POST' });
  expect(await confirmed.text()).toContain('is connected');
  expect(await only('select shop, refused_at from shopify_connections where merchant_id = $1')).toEqual({
    shop: SHOP,
    refused_at: null,
  });
}

async function cancelAnImport(frame: FrameLocator): Promise<void> {
  // The import must run until it is cancelled.
  far.latencyMs = [6_000, 6_000];
  await frame.getByRole('button', { name: 'Import customers' }).first().click();
  await frame.getByText('Page by page').click();
  await frame.getByRole('button', { name: 'Start the import' }).click();
  await frame
    .getByText(/[1-9][\d,]{0,5} of 5,000/)
    .first()
    .waitFor();
  await frame.getByRole('button', { name: 'Cancel the import' }).click();
  await frame.getByRole('alertdialog').getByRole('button', { name: 'Cancel the import' }).click();
  await frame.getByText('Cancelled', { exact: true }).waitFor();
  const { status, read } = await storedRun();
  expect(status).toBe('cancelled');
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(CUSTOMERS);
}

async function resumeTheImport(frame: FrameLocator): Promise<void> {
  far.latencyMs = [0, 0];
  await frame.getByRole('button', { name: 'Resume' }).click();
  await frame.getByText('Completed with errors', { exact: true }).waitFor();
  await frame.getByText('5,000 of 5,000').waitFor();
  const created = CUSTOMERS - WRONG.invalid_metadata;
  expect(await storedRun()).toMatchObject({ read: CUSTOMERS, created, row_errors: WRONG });
  expect(await only('select count(*)::int as stored from customers where merchant_id = $1')).toEqual({
    stored: created,
  });
}

async function readErrors(page: Page, frame: FrameLocator): Promise<void> {
  const reasons = frame.locator('.reason');
  expect(await reasons.locator('.reason-code').allTextContents()).toEqual(Object.keys(WRONG));
  const counts = await reasons.locator('.reason-count').allTextContents();
  expect(counts.map((text) => Number.parseInt(text, 10))).toEqual(Object.values(WRONG));
  const arrives = page.waitForEvent('download');
  await frame.getByRole('button', { name: 'Download as CSV' }).click();
  const file = readFileSync(await (await arrives).path(), 'utf8');
  for (const [reason, count] of Object.entries(WRONG)) {
    expect(file.split('\n').filter((line) => line.includes(reason))).toHaveLength(count);
  }
}

async function schedule(frame: FrameLocator): Promise<void> {
  await open(frame, 'Imports');
  await frame.getByRole('button', { name: 'Add a schedule' }).click();
  await frame.getByRole('dialog').getByLabel('At', { exact: true }).fill('04:30');
  await frame.getByRole('button', { name: 'Save the schedule' }).click();
  await frame.getByText('Every day at 4:30').waitFor();
  expect(await frame.locator('.schedule-next time').count()).toBe(3);
  expect(await only('select cron, enabled from import_schedules where merchant_id = $1')).toEqual({
    cron: '30 4 * * *',
    enabled: true,
  });
}

async function lookAtSegments(frame: FrameLocator): Promise<void> {
  await open(frame, 'Segments');
  await heading(frame, 'No scores yet');
  await frame.getByText('You have 4,993 customers').waitFor();
  await publishScores(world.stack, merchantId, { customers: SCORED, sequence: 1 });
  await frame.getByText('1,000 of 4,993 customers have a score').waitFor();
  const { rows } = await world.stack.pool('core_owner').query<{ name: string; count: number }>(
    `select rfm_score ->> 'segment' as name, count(*)::int as count from customers
      where merchant_id = $1 and rfm_score is not null group by 1`,
    [merchantId],
  );
  for (const { name, count } of rows) {
    const row = frame.getByRole('row').filter({ has: frame.getByRole('link', { name, exact: true }) });
    expect(await row.locator('td').first().textContent()).toBe(String(count));
  }
}

async function changeThresholds(frame: FrameLocator): Promise<void> {
  const owner = world.stack.pool('core_owner');
  await open(frame, 'Thresholds');
  await frame.getByText('All 1,000 customers with a score stay.').waitFor();
  await frame.locator('.segment').first().getByLabel('Lowest spend').selectOption('5');
  await frame.getByText('The biggest move').waitFor();
  await preview(frame).locator('.preview[aria-busy="false"]').waitFor();
  const { settings } = await rpc.unary(core.getProgramSettings, { merchantId });
  const changed = settings!.rfmThresholds!;
  changed.segments[0]!.monetary!.min = 5;
  const moves = await countMoves(owner, merchantId, changed);
  expect(moves.size).toBeGreaterThan(0);
  expect(await shownMoves(frame)).toEqual(moves);
  await frame.getByRole('button', { name: 'Save', exact: true }).click();
  await frame.getByText('Saved as version 1.').waitFor();
  const saved = await rpc.unary(core.getProgramSettings, { merchantId });
  expect(saved.settings?.rfmThresholds).toEqual(changed);
  // Saving moves no one; the next scoring moves exactly those of the preview.
  expect(await countMoves(owner, merchantId, changed)).toEqual(moves);
  await publishScores(world.stack, merchantId, { customers: SCORED, sequence: 2 });
  expect(await countMoves(owner, merchantId, changed)).toEqual(new Map());
}

/** By the link of the platform: the admin's session may not erase people. */
async function erasePerson(): Promise<void> {
  const person = await only<{ id: string; external_id: string }>(
    `select id, external_id from customers where merchant_id = $1 and rfm_score is not null
      order by id limit 1`,
  );
  await visit(world, { token: world.tokenOf(merchantId) }, async (page) => {
    await open(page, 'Privacy');
    await page.getByRole('button', { name: 'Erase a person' }).click();
    await page.getByLabel('Customer').fill(person.external_id.split('/').at(-1) ?? '');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Erase permanently' }).click();
    await heading(page, 'Receipt');
    await page.getByText('Customer profile').waitFor();
    const requestId = page.url().split('/').at(-1) ?? '';
    const { receipt } = await rpc.unary(PrivacyService.method.getErasureReceipt, { merchantId, requestId });
    expect(await page.locator('.receipt-place').count()).toBe(receipt?.places.length);
    expect(
      await only(
        `select external_id, rfm_score, erased_at is not null as erased from customers
          where merchant_id = $1 and id = $2`,
        [merchantId, person.id],
      ),
    ).toEqual({ external_id: null, rfm_score: null, erased: true });
  });
}
