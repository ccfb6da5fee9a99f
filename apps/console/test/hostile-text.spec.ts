// tag: compliance
import { randomInt } from 'node:crypto';
import {
  GetCustomerImportResponseSchema,
  GetSessionResponseSchema,
  ImportErrorEffect,
  ImportStatus,
  ListCustomerImportsResponseSchema,
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
  /^(html|head|body|meta|title|link|script|style|noscript|div|a|header|p|svg|rect|path|nav|button|ul|li|label|span|select|option|main|section|h1|h2|dl|dt|dd|code|time|progress|strong)$/;

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
  const imports = Array.from({ length: 1_000 }, () => run(ImportStatus.FAILED));
  const [ended, running] = [run(ImportStatus.COMPLETED_WITH_ERRORS), run(ImportStatus.PAUSED)];
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
    await answer(page, 'GetCustomerImport', GetCustomerImportResponseSchema, {
      customerImport: { ...ended, errorsByReason },
    });
    const reasons = errorsByReason.flatMap(({ reason, merchantMessage }) => [reason, merchantMessage]);
    await show(`/imports/${ended.importId}`, '.reason', [ended.shop, ended.error, ...reasons]);
    await page.unroute(/GetCustomerImport/);
    await answer(page, 'GetCustomerImport', GetCustomerImportResponseSchema, { customerImport: running });
    await page.route('**/WatchCustomerImport', () => undefined);
    await show(`/imports/${running.importId}`, '.progress-figures', [running.shop, running.waitingReason]);
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
