// tag: compliance
import { randomInt } from 'node:crypto';
import {
  GetCustomerImportResponseSchema,
  GetRfmDistributionResponseSchema,
  GetSessionResponseSchema,
  ImportErrorEffect,
  ImportStatus,
  ListCustomerImportsResponseSchema,
  ListCustomersResponseSchema,
  ListImportSchedulesResponseSchema,
  ListShopsResponseSchema,
  ShopStatus,
} from '@core/contracts';
import { aMerchantId, seeded } from '@core/testing';
import { answer, tagsOf } from './answer-rpc.ts';
import { hostileTexts } from './hostile-texts.ts';
import { openPage } from './open-page.ts';
import { openWorld, type World } from './open-world.ts';

const TEXTS = 10_000;
const PATIENCE_MS = 240_000;

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 11 })));
afterAll(() => world?.[Symbol.asyncDispose]());

const OURS =
  /^(html|head|body|meta|title|link|script|style|noscript|div|a|header|p|svg|rect|path|nav|button|ul|li|label|span|select|option|main|section|h1|h2|dl|dt|dd|code|time|progress|strong|table|thead|tbody|tr|th|td|h3|ol)$/;

it('shows 10,000 hostile texts from the api as texts', async () => {
  const seed = randomInt(2 ** 31);
  process.stdout.write(`seed of the hostile texts: ${seed}\n`);
  const texts = hostileTexts(TEXTS, seeded(seed));
  const next = () => texts.pop() ?? '';
  const merchantId = aMerchantId();
  const run = (status: ImportStatus) => ({
    importId: aMerchantId(),
    merchantId,
    shop: next(),
    status,
    error: next(),
    waitingReason: next(),
  });
  const shops = Array.from({ length: 500 }, () => ({
    shop: next(),
    status: ShopStatus.CONNECTED,
    plan: next(),
    notes: [next(), next()],
  }));
  const connections = Array.from({ length: 100 }, () => ({
    shop: next(),
    status: ShopStatus.CONNECTED,
    plan: next(),
    notes: [next(), next()],
    scopes: [next(), next()],
    timeZone: next(),
    segmentSync: { enabled: true, written: 1n, lastError: next() },
  }));
  const schedules = shops.slice(0, 100).map(({ shop }) => ({
    shop,
    cron: next(),
    timeZone: next(),
    lastError: next(),
    enabled: true,
    nextFireTimes: [{ seconds: 1_800_000_000n }],
  }));
  const imports = Array.from({ length: 1_000 }, () => run(ImportStatus.FAILED));
  const [ended, running] = [run(ImportStatus.COMPLETED_WITH_ERRORS), run(ImportStatus.PAUSED)];
  const segments = Array.from({ length: 500 }, () => ({ segment: next(), customers: 2n }));
  const shopifyRfmGroups = Array.from({ length: 500 }, () => ({ group: next(), customers: 1n }));
  const customers = Array.from({ length: 500 }, () => ({
    customerId: next(),
    externalId: next(),
    rfmScore: { segment: next() },
    shopifyRfmGroup: next(),
  }));
  const errorsByReason = Array.from({ length: Math.floor(texts.length / 2) }, () => ({
    reason: next(),
    merchantMessage: next(),
    count: 1n,
    effect: ImportErrorEffect.NOT_STORED,
  }));

  const { page, problems, close } = await openPage(world, {
    token: world.tokenOf(merchantId),
    path: '/nowhere',
  });
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await answer(page, 'GetSession', GetSessionResponseSchema, {
      merchantId,
      scopes: ['imports:write'],
      shops,
      newestImports: imports,
    });
    await answer(page, 'ListCustomerImports', ListCustomerImportsResponseSchema, {
      customerImports: imports,
    });
    const show = async (path: string, ready: string, expected: readonly string[]) => {
      await page.goto(`${world.api.url}/console${path}#token=${world.tokenOf(merchantId)}`);
      await page.locator(ready).last().waitFor();
      const shown = await page.evaluate(() => document.body.textContent ?? '');
      const missing = expected.filter(
        (text) => !shown.includes(text.replaceAll('\u0000', '')) && !shown.includes(text),
      );
      expect(missing).toEqual([]);
      expect((await tagsOf(page)).filter((tag) => !OURS.test(tag))).toEqual([]);
      expect(await page.evaluate(() => 'ran' in window || document.getElementById('markup') !== null)).toBe(
        false,
      );
    };
    await show(
      '',
      '.attention-row',
      shops.flatMap(({ shop, plan, notes }) => [shop, plan, ...notes]),
    );
    await show(
      '/imports',
      '.import-row',
      imports.map(({ shop }) => shop),
    );
    await answer(page, 'ListShops', ListShopsResponseSchema, { shops: connections });
    await show(
      '/connect',
      '.connect-actions',
      connections.flatMap(({ shop, plan, notes, scopes, segmentSync }) => [
        ...[shop, plan, ...notes, ...scopes],
        segmentSync.lastError,
      ]),
    );
    await answer(page, 'ListImportSchedules', ListImportSchedulesResponseSchema, { schedules });
    await show(
      '/imports',
      '.schedule-actions',
      schedules.flatMap(({ shop, cron, timeZone, lastError }) => [shop, cron, timeZone, lastError]),
    );
    await answer(page, 'GetCustomerImport', GetCustomerImportResponseSchema, {
      customerImport: { ...ended, errorsByReason },
    });
    const reasons = errorsByReason.flatMap(({ reason, merchantMessage }) => [reason, merchantMessage]);
    await show(`/imports/${ended.importId}`, '.reason', [ended.shop, ended.error, ...reasons]);
    await page.unroute(/GetCustomerImport/);
    await answer(page, 'GetCustomerImport', GetCustomerImportResponseSchema, { customerImport: running });
    await page.route('**/WatchCustomerImport', () => undefined);
    await show(`/imports/${running.importId}`, '.progress-figures', [running.shop, running.waitingReason]);
    await answer(page, 'GetRfmDistribution', GetRfmDistributionResponseSchema, {
      customers: 1_000n,
      scored: 1_000n,
      segments,
      shopifyRfmGroups,
    });
    await show('/segments', '.segment-share', [
      ...segments.map(({ segment }) => segment),
      ...shopifyRfmGroups.map(({ group }) => group),
    ]);
    await answer(page, 'ListCustomers', ListCustomersResponseSchema, { customers });
    const named = '<img src=x onerror=window.ran=1>';
    await show(`/segments?segment=${encodeURIComponent(named)}`, '.customer-id', [
      named,
      ...customers.flatMap(({ customerId, externalId, rfmScore, shopifyRfmGroup }) => [
        ...[customerId, externalId, rfmScore.segment, shopifyRfmGroup],
      ]),
    ]);
    expect(problems).toEqual([]);
  } finally {
    await close();
  }
});

it('shows a hostile error of the api as a text', async () => {
  const merchantId = aMerchantId();
  const [text = ''] = hostileTexts(1, seeded(1));
  const { page, close } = await openPage(world, { token: world.tokenOf(merchantId), path: '/nowhere' });
  try {
    await page.route('**/GetSession*', (route) =>
      route.fulfill({
        status: 400,
        contentType: 'application/json',
        body: JSON.stringify({ code: 'failed_precondition', message: `shop: ${text}` }),
      }),
    );
    await page.goto(`${world.api.url}/console/imports#token=${world.tokenOf(merchantId)}`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain(text);
    expect((await tagsOf(page)).filter((tag) => !OURS.test(tag))).toEqual([]);
  } finally {
    await close();
  }
});
