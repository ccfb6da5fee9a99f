import { readFileSync } from 'node:fs';
import { CoreService } from '@core/contracts';
import { bearer, grpcClient } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { givenCustomers } from './given-customers.ts';
import { openWorld, type World } from './open-world.ts';
import { takePictures } from './take-pictures.ts';
import { heading, visit } from './visit.ts';

const CUSTOMERS = 12_000;
const SHOP = 'bright-candles.myshopify.com';
/** The address of no page: the overview would already have read the distribution. */
const UNREAD = '/nowhere';
const LIVE = 'merchant_id = $1 and deleted_at is null and erased_at is null';

let world: World;
let merchantId: string;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 12 });
  merchantId = await world.newMerchant({ shop: SHOP, customers: 0 });
  await givenCustomers(owner(), merchantId, { count: CUSTOMERS });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const owner = () => world.stack.pool('core_owner');
/** Those of a user of a shop's admin. */
const SCOPES = 'rfm:read customers:read imports:write settings:write';
const signedIn = (claims?: Record<string, unknown>) =>
  world.tokenOf(merchantId, { scope: SCOPES, ...claims });
const open = (path: string, work: (page: Page) => Promise<void>, expected?: RegExp) =>
  visit(world, { token: signedIn(), path, acceptDownloads: true }, work, expected);

/** Counts rows by an expression. */
async function countBy(expression: string, where = 'true'): Promise<Record<string, number>> {
  const { rows } = await owner().query<{ name: string | null; count: number }>(
    `select ${expression} as name, count(*)::int as count
       from customers where ${LIVE} and ${where} group by 1`,
    [merchantId],
  );
  return Object.fromEntries(rows.flatMap(({ name, count }) => (name === null ? [] : [[name, count]])));
}
const idsOf = async (where: string): Promise<string[]> => {
  const { rows } = await owner().query<{ id: string }>(
    `select id from customers where ${LIVE} and ${where} order by id`,
    [merchantId],
  );
  return rows.map(({ id }) => id);
};
const CELL = "concat(rfm_score ->> 'recency', rfm_score ->> 'frequency')";
const SCORED = 'rfm_score is not null';

/** Returns the counts of the grid by recency and frequency, as a screen reader reads them, without zeros. */
async function gridOf(page: Page): Promise<Record<string, number>> {
  const texts = await page.locator('.heat a .hidden').allTextContents();
  return Object.fromEntries(
    texts.map((text) => {
      const [, count = '', r = '', f = ''] =
        /^([\d,]+) customers?, <?\d+%, Recency (\d), Frequency (\d)(?:, Spend \d)?$/.exec(text) ?? [];
      return [r + f, Number(count.replaceAll(',', ''))];
    }),
  );
}
/** Returns the numbers of a column of the segments by their names, without zeros. */
const columnOf = (page: Page, column: number) =>
  page.locator('.segment-share').evaluateAll(
    (cells, n) =>
      Object.fromEntries(
        cells.flatMap((cell) => {
          const row = [...(cell.closest('tr')?.children ?? [])].map(({ textContent }) => textContent);
          const count = Number((row[n] ?? '').replaceAll(',', ''));
          return count > 0 ? [[row[0] ?? '', count]] : [];
        }),
      ),
    column,
  );
const idsShown = (page: Page) => page.locator('.customer-id').allTextContents();

describe('the distribution', () => {
  it('has the numbers of the rows, also for one monetary score', () =>
    open('/segments', async (page) => {
      await page.locator('.heat').waitFor();
      expect(await page.locator('.switch-option[aria-current]').allTextContents()).toEqual(['All']);
      expect(await gridOf(page)).toEqual(await countBy(CELL, SCORED));
      expect(await columnOf(page, 1)).toEqual(await countBy("rfm_score ->> 'segment'", SCORED));
      const groups = await countBy("metadata ->> 'rfm_group'");
      // Not a group of Shopify, so the api does not count it.
      Reflect.deleteProperty(groups, 'Coffee club');
      expect(await columnOf(page, 3)).toEqual(groups);
      const scored = (await idsOf(SCORED)).length;
      await page.getByText(`${scored.toLocaleString('en')} of 12,000 customers have a score`).waitFor();
      expect(await checkState(page, 'segments')).toEqual([]);
      await takePictures(page, 'segments');

      await page
        .getByRole('group', { name: /score for spend/ })
        .getByText('4')
        .click();
      await page.locator('.switch-option[aria-current]', { hasText: '4' }).waitFor();
      expect(await page.locator('.switch-option[aria-current]').allTextContents()).toEqual(['4']);
      expect(new URL(page.url()).search).toBe('?m=4');
      expect(await gridOf(page)).toEqual(await countBy(CELL, `${SCORED} and rfm_score ->> 'monetary' = '4'`));
      expect(await checkState(page, 'segments-monetary')).toEqual([]);
    }));

  it('is a table whose cells are reached in its order, each with its headers', () =>
    open('/segments', async (page) => {
      const cells = page.locator('.heat a');
      await cells.first().waitFor();
      const order = Object.keys(await gridOf(page));
      const sorted = Object.keys(await countBy(CELL, SCORED)).sort(
        ([r = '', f = ''], [s = '', g = '']) => s.localeCompare(r) || f.localeCompare(g),
      );
      const reached: string[] = [];
      await page.locator('.switch-option').last().focus();
      while (reached.length < sorted.length) {
        await page.keyboard.press('Tab');
        const text = await page.evaluate(() => document.activeElement?.querySelector('.hidden')?.textContent);
        reached.push((text ?? '').replace(/^.*Recency (\d), Frequency (\d)$/, '$1$2'));
      }
      expect(reached).toEqual(sorted);
      expect(new Set(order)).toEqual(new Set(sorted));
      const table = page.getByRole('table').first();
      await table.getByRole('rowheader', { name: 'Recency 5' }).waitFor();
      await table.getByRole('columnheader', { name: 'Frequency 1' }).waitFor();
    }));
});

describe('customers', () => {
  it('of a cell are opened by the keyboard, and each is on exactly one page', () =>
    open('/segments', async (page) => {
      const cell = page.getByRole('link', { name: 'Recency 5, Frequency 3' });
      await cell.focus();
      await page.keyboard.press('Enter');
      await heading(page, 'Recency 5, Frequency 3');
      expect(new URL(page.url()).search).toBe('?r=5&f=3');
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
      const expected = await idsOf(`${CELL} = '53'`);
      expect(expected.length).toBeGreaterThan(50);
      await page.locator('.customer-id').first().waitFor();
      expect(await checkState(page, 'segments-customers')).toEqual([]);
      await takePictures(page, 'customers');
      const seen = await idsShown(page);
      const next = page.getByRole('button', { name: 'Next' });
      for (let n = 2; await next.isEnabled(); n++) {
        await next.focus();
        await page.keyboard.press('Enter');
        await page.locator(`[aria-busy="false"][aria-label="Customers, Page ${n}"]:focus`).waitFor();
        seen.push(...(await idsShown(page)));
      }
      expect(seen).toEqual(expected);
      await page.getByRole('button', { name: 'Previous' }).click();
      await page.locator('[aria-busy="false"]:focus').waitFor();
      expect(expected).toEqual(expect.arrayContaining(await idsShown(page)));
    }));

  it('are opened by an address, which has no token', () =>
    open('/segments?segment=LOYAL&r=5&m=2', async (page) => {
      await heading(page, 'LOYAL, Recency 5, Spend 2');
      expect(new URL(page.url()).hash + new URL(page.url()).search).toBe('?segment=LOYAL&r=5&m=2');
      await page.locator('.customer-id').first().waitFor();
      const expected = await idsOf(
        "rfm_score ->> 'segment' = 'LOYAL' and rfm_score ->> 'recency' = '5' and rfm_score ->> 'monetary' = '2'",
      );
      expect(await idsShown(page)).toEqual(expected.slice(0, 25));
      const [number, link] = await page
        .locator('tbody a')
        .first()
        .evaluate((it) => [it.textContent, it.getAttribute('href')]);
      expect(number).toMatch(/^70123456\d{5}$/);
      expect(link).toBe(`https://${SHOP}/admin/customers/${number}`);
      await page.getByRole('link', { name: 'All segments' }).click();
      await heading(page, 'Segments');
      expect(new URL(page.url()).search).toBe('?m=2');
    }));

  it('have emails only for a caller who may see them, and each disclosure is in the audit log', async () => {
    const rpc = grpcClient(world.api.target, { metadata: bearer(world.stack.issuer.token()) });
    const email = 'quiet.reader@example.com';
    const { customerId } = await rpc.unary(CoreService.method.createCustomer, { merchantId, email });
    rpc.close();
    await owner().query(
      `update customers set rfm_score = '{"recency": 1, "frequency": 1, "monetary": 1, "score": "111",
              "segment": "SOLO", "as_of": "2026-11-02T03:04:05.678Z"}' where id = $1`,
      [customerId],
    );
    const disclosures = async () => {
      const { rows } = await owner().query(
        `select 1 from audit_log where merchant_id = $1 and action = 'customer.email_disclosed'
            and (customer_id = $2 or $2 = any(customer_ids))`,
        [merchantId, customerId],
      );
      return rows.length;
    };
    const path = '/segments?segment=SOLO';
    await visit(world, { token: signedIn(), path }, async (page) => {
      await page.getByText(customerId).waitFor();
      await page.getByText('Emails and names are not shown here').waitFor();
      expect(await page.getByRole('columnheader', { name: 'Email' }).count()).toBe(0);
      expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain('quiet.reader');
      expect(await disclosures()).toBe(0);
    });
    await visit(world, { token: signedIn({ scope: `${SCOPES} customers:pii` }), path }, async (page) => {
      await page.getByRole('cell', { name: email }).waitFor();
      await page.getByText('The audit log records that you have seen the emails').waitFor();
      expect(await checkState(page, 'segments-emails')).toEqual([]);
      expect(await disclosures()).toBe(1);
    });
    await owner().query('update customers set deleted_at = now() where id = $1', [customerId]);
  });
});

describe('the file of a segment', () => {
  it('has each of its customers once', () =>
    open('/segments?segment=LOYAL', async (page) => {
      await heading(page, 'LOYAL');
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as CSV' }).click();
      const file = await arrives;
      expect(file.suggestedFilename()).toBe('segment-LOYAL.csv');
      const lines = readFileSync(await file.path(), 'utf8')
        .trimEnd()
        .split('\r\n');
      expect(lines[0]).toMatch(/^customer_id,external_id,segment,/);
      expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(
        await idsOf("rfm_score ->> 'segment' = 'LOYAL'"),
      );
      await page.getByText(/^The file is complete: /).waitFor();
      expect(await checkState(page, 'segments-exported')).toEqual([]);
    }));

  it('can be stopped, and says why there is none', () =>
    open(
      '/segments',
      async (page) => {
        await page.route('**/ExportSegment', () => undefined);
        await page.getByRole('button', { name: 'Download all as CSV' }).click();
        await page.getByText('Downloading').waitFor();
        expect(await checkState(page, 'segments-downloading')).toEqual([]);
        await page.getByRole('button', { name: 'Stop' }).click();
        await page.getByRole('button', { name: 'Download all as CSV' }).waitFor();
        expect(await page.getByRole('alert').count()).toBe(0);
        await page.unroute('**/ExportSegment');
        await page.route('**/ExportSegment', (route) => route.fulfill({ status: 503 }));
        await page.getByRole('button', { name: 'Download all as CSV' }).click();
        await heading(page, 'Temporarily unavailable');
        expect(await checkState(page, 'segments-export-error')).toEqual([]);
      },
      /503/,
    ));
});

describe('a state', () => {
  it('without customers leads to the imports', async () => {
    const token = world.tokenOf(await world.newMerchant({ shop: 'new-tea.myshopify.com', customers: 0 }));
    await visit(world, { token, path: '/segments' }, async (page) => {
      await heading(page, 'No customers yet');
      expect(await checkState(page, 'segments-no-customers')).toEqual([]);
      await page.getByRole('link', { name: 'Go to the imports' }).click();
      await heading(page, 'Imports');
    });
  });

  it('without scores says what comes next', async () => {
    const unscored = await world.newMerchant({ shop: 'quiet-books.myshopify.com', customers: 0 });
    await givenCustomers(owner(), unscored, { count: 40, scored: false });
    await visit(world, { token: world.tokenOf(unscored), path: '/segments' }, async (page) => {
      await heading(page, 'No scores yet');
      await page.getByText(/You have 40 customers/).waitFor();
      expect(await checkState(page, 'segments-no-scores')).toEqual([]);
    });
  });

  it('of loading keeps the place', () =>
    open(UNREAD, async (page) => {
      await heading(page, 'There is no such page');
      await page.route('**/GetRfmDistribution*', () => undefined);
      await page.getByRole('link', { name: 'Segments', exact: true }).click();
      await heading(page, 'Segments');
      await page.getByText('Loading').first().waitFor({ state: 'attached' });
      expect(await checkState(page, 'segments-loading')).toEqual([]);
      await page.unroute('**/GetRfmDistribution*');
    }));

  it('of an error shows the next step, and recovers', () =>
    open(
      UNREAD,
      async (page) => {
        await heading(page, 'There is no such page');
        const refuse = { status: 500, contentType: 'application/json', body: '{"code":"internal"}' };
        await page.route('**/GetRfmDistribution*', (route) => route.fulfill(refuse));
        await page.getByRole('link', { name: 'Segments', exact: true }).click();
        await heading(page, 'Something went wrong');
        expect(await checkState(page, 'segments-error')).toEqual([]);
        await page.unroute('**/GetRfmDistribution*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.locator('.heat').waitFor();
      },
      /500/,
    ));

  it('of an empty segment says that customers move', () =>
    open('/segments?segment=NOBODY', async (page) => {
      await heading(page, 'This part is empty now');
      expect(await checkState(page, 'segments-empty')).toEqual([]);
    }));

  it('without the scope for customers says so beside the counts', () =>
    visit(
      world,
      { token: signedIn({ scope: 'imports:write rfm:read' }), path: '/segments?segment=LOYAL' },
      async (page) => {
        await heading(page, 'No access');
        expect(await checkState(page, 'segments-no-access')).toEqual([]);
      },
      /403/,
    ));

  it('without a network keeps what is shown', () =>
    open(
      '/segments',
      async (page) => {
        await page.locator('.heat').waitFor();
        const grid = await gridOf(page);
        await page.context().setOffline(true);
        await page.getByText('You are offline').waitFor();
        expect(await gridOf(page)).toEqual(grid);
        await page.getByRole('button', { name: 'Download all as CSV' }).click();
        await heading(page, 'No connection');
        expect(await checkState(page, 'segments-offline')).toEqual([]);
        await page.context().setOffline(false);
        await page.getByText('You are offline').waitFor({ state: 'detached' });
      },
      /ERR_INTERNET_DISCONNECTED/,
    ));
});
