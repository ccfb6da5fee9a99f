// tag: compliance
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import {
  CoreService,
  ListPrivacyRequestsResponseSchema,
  PrivacyRequestKind,
  PrivacyRequestStatus,
  PrivacyService,
} from '@core/contracts';
import { aMerchantId, bearer, grpcClient, seeded, type GrpcClient } from '@core/testing';
import type { Page } from 'playwright-core';
import { answer, tagsOf } from './answer-rpc.ts';
import { checkState } from './check-state.ts';
import { hostileTexts } from './hostile-texts.ts';
import { openWorld, type World } from './open-world.ts';
import { startWorker } from './start-worker.ts';
import { takePictures } from './take-pictures.ts';
import { heading, visit } from './visit.ts';

let world: World;
let rpc: GrpcClient;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 14 });
  await startWorker(world.stack);
  rpc = grpcClient(world.api.target, { metadata: bearer(world.stack.issuer.token()) });
});
afterAll(async () => {
  rpc?.close();
  await world?.[Symbol.asyncDispose]();
});

const token = (merchantId: string, claims?: Record<string, unknown>) => world.tokenOf(merchantId, claims);
const EMAIL = 'ada.lovelace@example.com';
/** Creates a person with a number in Shopify. */
async function newPerson(merchantId: string) {
  const { customerId } = await rpc.unary(CoreService.method.createCustomer, {
    merchantId,
    email: EMAIL,
    externalId: '4711',
  });
  return customerId;
}
const requestOf = async (merchantId: string, requestId: string) =>
  (await rpc.unary(PrivacyService.method.getPrivacyRequest, { merchantId, requestId })).privacyRequest;
const openPrivacy = async (page: Page) => {
  await page.getByRole('link', { name: 'Privacy', exact: true }).click();
  await heading(page, 'Privacy');
};

it('says that no request is open', () =>
  visit(world, { token: token(aMerchantId()) }, async (page) => {
    await openPrivacy(page);
    await heading(page, 'No request is open');
    expect(await checkState(page, 'privacy-empty')).toEqual([]);
    await page.getByLabel('Show').selectOption('all');
    await heading(page, 'No request yet');
    expect(page.url()).toContain('/privacy?show=all');
  }));

it('erases a person, and shows the receipt', async () => {
  const merchantId = aMerchantId();
  const customerId = await newPerson(merchantId);
  await visit(
    world,
    { token: token(merchantId) },
    async (page) => {
      await openPrivacy(page);
      await page.getByRole('button', { name: 'Erase a person' }).click();
      await page.getByLabel('Customer').fill('9999999');
      expect(await checkState(page, 'privacy-erase')).toEqual([]);
      await page.keyboard.press('Enter');
      await page.getByText('This cannot be undone').waitFor();
      await page.getByRole('button', { name: 'Erase permanently' }).click();
      await page.getByRole('alertdialog').getByText('No customer with this id is stored').waitFor();
      expect(await checkState(page, 'privacy-erase-unknown')).toEqual([]);
      await page.getByRole('button', { name: 'Back' }).click();

      await page.getByLabel('Customer').fill('4711');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('This cannot be undone').waitFor();
      expect(await checkState(page, 'privacy-erase-confirm')).toEqual([]);
      await page.getByRole('button', { name: 'Erase permanently' }).click();
      await heading(page, 'Erase a person');
      await heading(page, 'Receipt');
      await page.getByText('Customer profile').waitFor();
      await page.getByText(/^Erased on /).waitFor();
      expect(await checkState(page, 'privacy-receipt')).toEqual([]);
      await takePictures(page, 'request');
      const requestId = page.url().split('/').at(-1) ?? '';
      expect(await requestOf(merchantId, requestId)).toMatchObject({
        customerId,
        status: PrivacyRequestStatus.COMPLETED,
      });
    },
    /404/,
  );
  const read = rpc.unary(CoreService.method.getCustomer, { merchantId, customerId });
  await expect(read).rejects.toMatchObject({ details: 'customer not found' });
});

describe('requests', () => {
  const shop = 'quiet-books.myshopify.com';
  const ids = { shop: randomUUID(), data: randomUUID(), held: randomUUID(), late: randomUUID() };
  let merchantId: string;
  beforeAll(async () => {
    merchantId = aMerchantId();
    const customerId = await newPerson(merchantId);
    const given = [
      { requestId: ids.shop, kind: 'shop_redact', waitsHours: 20, daysOld: 1, receipt: { shop } },
      {
        requestId: ids.held,
        kind: 'shop_redact',
        waitsHours: 20,
        held: true,
        receipt: { shop: 'b.myshopify.com' },
      },
      { requestId: ids.data, kind: 'data_request', customerId, daysOld: 22 },
      {
        requestId: ids.late,
        kind: 'redact',
        daysOld: 33,
        receipt: { problem: 'email: must be an email address' },
      },
      { requestId: randomUUID(), kind: 'data_request', daysOld: 60, done: true, receipt: { places: [] } },
    ] as const;
    for (const request of given) await world.stack.given.aRequest(merchantId, request);
  });

  it('are listed with their deadlines, the most urgent first', () =>
    visit(world, { token: token(merchantId) }, async (page) => {
      await openPrivacy(page);
      await page.getByText('3 days late').waitFor();
      await page.getByText('7 days left').waitFor();
      const kinds = await page.locator('.request-kind').allTextContents();
      expect(kinds).toEqual(['Erase a person', 'Inform a person', 'Erase a shop', 'Erase a shop']);
      expect(await checkState(page, 'privacy')).toEqual([]);
      await takePictures(page, 'privacy');
      await page.getByLabel('Show').selectOption('all');
      await page.getByText('The data was exported on').waitFor();
      expect(await page.locator('.request-row').count()).toBe(5);
    }));

  it('of a shop are cancelled while they wait, but not when they are held', () =>
    visit(world, { token: token(merchantId) }, async (page) => {
      await openPrivacy(page);
      await heading(page, 'Shops that will be erased');
      const keep = page.locator('.deletion').getByRole('button', { name: 'Cancel the erasure' });
      await keep.waitFor();
      expect(await keep.count()).toBe(1);
      await keep.click();
      await page.getByText(`The erasure of ${shop} is cancelled permanently`).waitFor();
      expect(await checkState(page, 'privacy-cancel')).toEqual([]);
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel the erasure' }).click();
      await keep.waitFor({ state: 'detached' });
      expect(await requestOf(merchantId, ids.shop)).toMatchObject({
        status: PrivacyRequestStatus.CANCELLED,
        cancelReason: 'withdrawn',
      });
      expect(await requestOf(merchantId, ids.held)).toMatchObject({ status: PrivacyRequestStatus.HELD });
    }));

  it('for information are answered by a file, of which the page shows nothing', () =>
    visit(world, { token: token(merchantId), acceptDownloads: true }, async (page) => {
      await openPrivacy(page);
      await page.getByRole('link', { name: /Inform a person/ }).click();
      await heading(page, 'What happens next');
      expect(await checkState(page, 'privacy-request')).toEqual([]);
      await page.getByRole('button', { name: 'Export the data' }).click();
      await page.getByText('The audit log records that you have exported it').waitFor();
      expect(await checkState(page, 'privacy-export')).toEqual([]);
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as JSON' }).click();
      const file = await arrives;
      expect(JSON.parse(readFileSync(await file.path(), 'utf8'))).toMatchObject({
        customers: [{ email: EMAIL }],
      });
      await page.getByText('The data was exported on').waitFor();
      expect(await page.content()).not.toContain(EMAIL);
      const { entries } = await rpc.unary(PrivacyService.method.listAuditLog, {
        merchantId,
        action: 'privacy.export',
      });
      expect(entries).toHaveLength(1);
    }));

  it('have no export for a caller that may not see personal data', () =>
    visit(world, { token: token(merchantId, { scope: 'imports:write privacy:admin' }) }, async (page) => {
      await openPrivacy(page);
      await page.getByLabel('Show').selectOption('all');
      await page
        .getByRole('link', { name: /Inform a person/ })
        .first()
        .click();
      await page.getByText('customers:pii').waitFor();
      expect(await page.getByRole('button', { name: /Export/ }).count()).toBe(0);
    }));
});

describe('the page', () => {
  it('says that the caller has no access', () =>
    visit(
      world,
      { token: token(aMerchantId(), { scope: 'imports:write' }), path: '/privacy' },
      async (page) => {
        await heading(page, 'No access');
        expect(await page.getByRole('link', { name: 'Privacy', exact: true }).count()).toBe(0);
        expect(await checkState(page, 'privacy-no-access')).toEqual([]);
      },
      /403/,
    ));

  it('keeps its place while it loads, recovers from an error, and says how old it is', () =>
    visit(
      world,
      { token: token(aMerchantId()) },
      async (page) => {
        await heading(page, 'No shop is connected');
        await page.route('**/ListPrivacyRequests*', () => undefined);
        await openPrivacy(page);
        await page.getByText('Loading').first().waitFor({ state: 'attached' });
        expect(await checkState(page, 'privacy-loading')).toEqual([]);
        await page.unroute('**/ListPrivacyRequests*');
        const refuse = { status: 500, contentType: 'application/json', body: '{"code":"internal"}' };
        await page.route('**/ListPrivacyRequests*', (route) => route.fulfill(refuse));
        await page.getByLabel('Show').selectOption('all');
        await heading(page, 'Something went wrong');
        expect(await checkState(page, 'privacy-error')).toEqual([]);
        await page.unroute('**/ListPrivacyRequests*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await heading(page, 'No request yet');
        await page.context().setOffline(true);
        await page.getByText('You are offline').waitFor();
        expect(await checkState(page, 'privacy-offline')).toEqual([]);
        await page.context().setOffline(false);
      },
      /500/,
    ));

  it('shows hostile texts as texts', () =>
    visit(world, { token: token(aMerchantId()) }, async (page) => {
      const texts = hostileTexts(400, seeded(14));
      const next = () => texts.pop() ?? '';
      const privacyRequests = Array.from({ length: 100 }, (_, n) => ({
        requestId: next(),
        kind: n % 2 ? PrivacyRequestKind.SHOP_REDACT : PrivacyRequestKind.REDACT,
        status: PrivacyRequestStatus.PENDING,
        problem: next(),
        shop: next(),
      }));
      await answer(page, 'ListPrivacyRequests', ListPrivacyRequestsResponseSchema, { privacyRequests });
      await openPrivacy(page);
      await page.locator('.request-row').last().waitFor();
      const shown = await page.evaluate(() => document.body.textContent ?? '');
      for (const { problem, shop } of privacyRequests) {
        for (const text of [problem, shop])
          expect(shown.replaceAll('\u0000', '')).toContain(text.replaceAll('\u0000', ''));
      }
      const ours =
        /^(html|head|body|meta|title|link|script|style|noscript|div|a|header|p|svg|rect|path|nav|button|ul|li|label|span|select|option|main|section|h1|h2|time)$/;
      expect((await tagsOf(page)).filter((tag) => !ours.test(tag))).toEqual([]);
      expect(await page.evaluate(() => 'ran' in window || document.getElementById('markup') !== null)).toBe(
        false,
      );
    }));
});
