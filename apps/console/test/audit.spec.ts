// tag: compliance
import { CoreService, ListAuditLogResponseSchema } from '@core/contracts';
import { aMerchantId, bearer, grpcClient, seeded, waitUntil, type GrpcClient } from '@core/testing';
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
let owner: ReturnType<World['stack']['pool']>;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 15 });
  rpc = grpcClient(world.api.target, {
    metadata: bearer(world.stack.issuer.token({ sub: 'points-service' })),
  });
  owner = world.stack.pool('core_owner', { max: 2 });
});
afterAll(async () => {
  rpc?.close();
  await world?.[Symbol.asyncDispose]();
});

const token = (merchantId: string, claims?: Record<string, unknown>) => world.tokenOf(merchantId, claims);
const openAudit = async (page: Page) => {
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await heading(page, 'Audit');
};
const rows = (page: Page) => page.locator('.audit tbody tr');
/** Inserts an entry as an app does, but at a time of its choice. */
const append = (merchantId: string, action: string, ago: string, count = 1) =>
  owner.query(
    `insert into audit_log (merchant_id, actor, action, detail, request_id, occurred_at)
     select $1, 'importer', $2, '{"read": 250, "created": 3}', 'r-' || n, now() - $3::interval
       from generate_series(1, $4) n`,
    [merchantId, action, ago, count],
  );
/** Inserts the entries of a merchant's day. */
async function givenDay(): Promise<string> {
  const merchantId = aMerchantId();
  const entries = [
    ['shop.connect', 'console', { shop: 'north-tea.myshopify.com' }],
    ['import.start', 'console', { mode: 'full', source: 'auto' }],
    ['import.page', 'importer', { read: 250, created: 250 }],
    ['import.page', 'importer', { read: 250, created: 248, failed: 2 }],
    ['import.end', 'importer', { status: 'completed_with_errors' }],
    ['schedule.set', 'console', { cron: '30 4 * * *', time_zone: 'Europe/Berlin' }],
    ['settings.update', 'console', { version: 1 }],
    ['privacy.request', 'console', { kind: 'redact' }],
    ['customer.erase', 'worker', { places: 14 }],
  ] as const;
  for (const [n, [action, actor, detail]] of entries.entries()) {
    await owner.query(
      `insert into audit_log (merchant_id, actor, action, detail, request_id, occurred_at)
       values ($1, $2, $3, $4, 'r', now() - make_interval(mins => $5))`,
      [merchantId, actor, action, detail, 10 * (entries.length - n)],
    );
  }
  return merchantId;
}
const newCustomer = async (merchantId: string, email: string) =>
  (await rpc.unary(CoreService.method.createCustomer, { merchantId, email })).customerId;

it('says that nothing was recorded, and that the log is not sealed', () =>
  visit(world, { token: token(aMerchantId()) }, async (page) => {
    await openAudit(page);
    await page.getByText('Nothing was recorded yet').waitFor();
    await page.getByText('The log is not sealed').waitFor();
    expect(await checkState(page, 'audit-empty')).toEqual([]);
  }));

describe('the entries', () => {
  let merchantId: string;
  let customerId: string;
  beforeAll(async () => {
    merchantId = aMerchantId();
    await append(merchantId, 'import.page', '40 days', 60);
    await append(merchantId, 'spec.unknown_action', '20 days');
    customerId = await newCustomer(merchantId, 'ada@example.com');
    await newCustomer(merchantId, 'grace@example.com');
  });

  it('are listed in words, page by page', () =>
    visit(world, { token: token(merchantId) }, async (page) => {
      await openAudit(page);
      await rows(page).first().waitFor();
      expect(await rows(page).count()).toBe(50);
      expect(await rows(page).first().textContent()).toMatch(/points-service.*Created a customer/);
      expect(await checkState(page, 'audit')).toEqual([]);
      await page.getByText('spec.unknown_action').waitFor();
      await page.getByRole('button', { name: 'Show older entries' }).click();
      await rows(page).nth(62).waitFor();
      expect(await rows(page).count()).toBe(63);
    }));

  it('are filtered, by the address too', () =>
    visit(
      world,
      { token: token(merchantId) },
      async (page) => {
        await openAudit(page);
        await rows(page).first().waitFor();
        const count = async (expected: number) => {
          await waitUntil(async () => (await rows(page).count()) === expected, {
            what: `${expected} entries`,
            limitMs: 120_000,
          });
        };
        await page.getByLabel('Action').selectOption('customer.create');
        await page.getByRole('button', { name: 'Apply' }).click();
        await count(2);
        expect(page.url()).toMatch(/\/audit\?action=customer\.create$/);
        await page.getByLabel('Actor').fill('nobody');
        await page.keyboard.press('Enter');
        await page.getByText('No entry matches the filter').waitFor();
        expect(await checkState(page, 'audit-no-match')).toEqual([]);
        await page.goBack();
        await count(2);
        await page.getByRole('link', { name: customerId }).click();
        await count(1);
        expect(page.url()).toContain(`customer=${customerId}`);
        await page.getByRole('button', { name: 'Show everything' }).click();
        await count(50);
        const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
        await page.getByLabel('From', { exact: true }).fill(day(25));
        await page.getByLabel('To', { exact: true }).fill(day(15));
        await page.getByRole('button', { name: 'Apply' }).click();
        await count(1);
        await page.getByText('spec.unknown_action').waitFor();
        expect(await checkState(page, 'audit-filtered')).toEqual([]);
        await page.getByLabel('Customer id').fill('ada');
        await page.keyboard.press('Enter');
        await heading(page, 'This is not possible now');
      },
      /400/,
    ));

  it('are sealed by the worker, and a seal that was changed is reported', async () => {
    const shown = await givenDay();
    const worker = await startWorker(world.stack);
    try {
      await visit(world, { token: token(merchantId) }, async (page) => {
        await waitUntil(
          async () => {
            const { rowCount } = await owner.query(
              'select from audit_log where xid >= (select max(to_xid::text::bigint)::text::xid8 from audit_seals)',
            );
            return rowCount === 0 && (await owner.query('select from audit_seals')).rowCount !== 0;
          },
          { what: 'the seal', limitMs: 180_000 },
        );
        await openAudit(page);
        await page.getByText(/covers every entry/).waitFor();
        // The page says which part of the log it has not checked.
        await page.getByText('This page checks the newest seal alone').waitFor();
        expect(await checkState(page, 'audit-sealed')).toEqual([]);
      });
      await visit(world, { token: token(shown) }, async (page) => {
        await openAudit(page);
        await page.getByRole('cell', { name: 'Erased a person' }).waitFor();
        await page.getByText(/covers every entry/).waitFor();
        await takePictures(page, 'audit');
      });
    } finally {
      await worker.child.stop();
    }
    await newCustomer(merchantId, 'alan@example.com');
    await visit(world, { token: token(merchantId) }, async (page) => {
      await openAudit(page);
      await page.getByText('1 newer entry is sealed within a minute').waitFor();
      await owner.query('update audit_seals set rows = rows + 1');
      await page.getByRole('link', { name: 'Overview' }).click();
      await heading(page, 'No shop is connected');
    });
    await visit(world, { token: token(merchantId) }, async (page) => {
      await openAudit(page);
      await page.getByText(/does not hold: the log may have been changed/).waitFor();
      expect(await checkState(page, 'audit-broken-seal')).toEqual([]);
    });
  });
});

it('says that the caller has no access', () =>
  visit(
    world,
    { token: token(aMerchantId(), { scope: 'imports:write' }), path: '/audit' },
    async (page) => {
      await heading(page, 'No access');
      expect(await checkState(page, 'audit-no-access')).toEqual([]);
    },
    /403/,
  ));

it('keeps its place while it loads, recovers from an error, and says how old it is', () =>
  visit(
    world,
    { token: token(aMerchantId()) },
    async (page) => {
      await heading(page, 'No shop is connected');
      await page.route('**/ListAuditLog*', () => undefined);
      await openAudit(page);
      await page.getByText('Loading').first().waitFor({ state: 'attached' });
      expect(await checkState(page, 'audit-loading')).toEqual([]);
      await page.unroute('**/ListAuditLog*');
      const refuse = { status: 500, contentType: 'application/json', body: '{"code":"internal"}' };
      await page.route('**/ListAuditLog*', (route) => route.fulfill(refuse));
      await page.getByLabel('Action').selectOption('import.start');
      await page.getByRole('button', { name: 'Apply' }).click();
      await heading(page, 'Something went wrong');
      expect(await checkState(page, 'audit-error')).toEqual([]);
      await page.unroute('**/ListAuditLog*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('No entry matches the filter').waitFor();
      await page.context().setOffline(true);
      await page.getByText('You are offline').waitFor();
      await page.context().setOffline(false);
    },
    /500/,
  ));

it('shows hostile actors, actions and details as texts', () =>
  visit(world, { token: token(aMerchantId()) }, async (page) => {
    const texts = hostileTexts(500, seeded(15));
    const next = () => texts.pop() ?? '';
    const entries = Array.from({ length: 100 }, (_, n) => ({
      id: String(n),
      actor: next(),
      action: next(),
      detail: { [next()]: next() },
    }));
    await answer(page, 'ListAuditLog', ListAuditLogResponseSchema, { entries });
    await openAudit(page);
    await rows(page).last().waitFor();
    const bare = (text: string) => text.replaceAll('\u0000', '');
    const shown = bare(await page.evaluate(() => document.body.textContent ?? ''));
    const expected = entries.flatMap(({ actor, action, detail }) => [
      actor,
      action,
      ...Object.entries(detail).flat(),
    ]);
    expect(expected.filter((text) => !shown.includes(bare(text)))).toEqual([]);
    const ours =
      /^(html|head|body|meta|title|link|script|style|noscript|div|a|header|p|svg|rect|path|nav|button|ul|li|label|span|select|option|main|section|h1|h2|form|input|table|thead|tbody|tr|th|td)$/;
    expect((await tagsOf(page)).filter((tag) => !ours.test(tag))).toEqual([]);
    expect(await page.evaluate(() => 'ran' in window || document.getElementById('markup') !== null)).toBe(
      false,
    );
  }));
