import { CoreService, type RfmThresholds } from '@core/contracts';
import { aMerchantId, bearer, grpcClient, untilReplayed, type GrpcClient } from '@core/testing';
import type { Page } from 'playwright-core';
import { checkState } from './check-state.ts';
import { countMoves, givenScores } from './given-scores.ts';
import { hostileTexts } from './hostile-texts.ts';
import { openWorld, type World } from './open-world.ts';
import { preview, shownMoves } from './preview.ts';
import { takePictures } from './take-pictures.ts';
import { heading, visit } from './visit.ts';

const core = CoreService.method;
const path = '/thresholds';
let world: World;
let rpc: GrpcClient;
let owner: ReturnType<World['stack']['pool']>;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 13 });
  owner = world.stack.pool('core_owner');
  rpc = grpcClient(world.api.target, { metadata: bearer(world.stack.issuer.token()) });
});
afterAll(async () => {
  rpc?.close();
  await world?.[Symbol.asyncDispose]();
});

const storedBy = async (merchantId: string): Promise<RfmThresholds> =>
  (await rpc.unary(core.getProgramSettings, { merchantId })).settings!.rfmThresholds!;
const update = (merchantId: string, rfmThresholds: RfmThresholds) =>
  rpc.unary(core.updateProgramSettings, { merchantId, rfmThresholds });

async function newMerchant({ scored = 2_000, unscored = 30 } = {}): Promise<string> {
  const merchantId = aMerchantId();
  await givenScores(owner, merchantId, { thresholds: await storedBy(merchantId), scored, unscored });
  // The preview is read there.
  await untilReplayed(owner, world.stack.database.replicaUrlsFor('core_owner')[0] ?? '');
  return merchantId;
}

const rowOf = (page: Page, place: number) => page.locator('.segment').nth(place - 1);
const nameOf = (page: Page, place: number) => page.getByLabel(`Name of segment ${place}`, { exact: true });
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });
const counted = (page: Page) => preview(page).locator('.preview[aria-busy="false"]').waitFor();

it('previews a change by the numbers of the database, and saves it', async () => {
  const merchantId = await newMerchant();
  const defaults = await storedBy(merchantId);
  await visit(world, { token: world.tokenOf(merchantId), path }, async (page) => {
    await heading(page, 'Thresholds');
    await page.getByText('You use the defaults').waitFor();
    await page.getByText('All 2,000 customers with a score stay.').waitFor();
    await page.getByText('30 customers have no score').waitFor();
    expect(await save(page).isDisabled()).toBe(true);
    expect(await checkState(page, 'thresholds-defaults')).toEqual([]);

    await rowOf(page, 1).getByLabel('Lowest spend').selectOption('5');
    await rowOf(page, 5).getByLabel('Highest frequency').selectOption('2');
    await nameOf(page, 8).fill('FADING');
    await page.getByText('You have unsaved changes').waitFor();
    await preview(page).getByRole('cell', { name: 'FADING' }).first().waitFor();
    await counted(page);
    defaults.segments[0]!.monetary!.min = 5;
    defaults.segments[4]!.frequency = { ...defaults.segments[0]!.recency!, min: 0, max: 2 };
    defaults.segments[7]!.name = 'FADING';
    const expected = await countMoves(owner, merchantId, defaults);
    expect(expected.size).toBeGreaterThan(2);
    expect(await shownMoves(page)).toEqual(expected);
    const [[move = '', most = 0] = []] = [...expected].sort(([, a], [, b]) => b - a);
    const left = [...expected.values()].reduce((total, count) => total + count, 0);
    await page.getByText(`${left} of 2,000 customers change segment.`).waitFor();
    const [from, to] = move.split(' > ');
    await page.getByText(`The biggest move: ${most} customers from ${from} to ${to}.`).waitFor();
    expect(await preview(page).locator('tfoot td.moves-count').allTextContents()).toEqual([
      (2_000 - left).toLocaleString('en'),
      '2,000',
    ]);
    expect(await page.getByText('RFM Analytics applies this at its next scoring').count()).toBe(0);
    await page.getByLabel('Between 4 and 3').fill('61.5');
    await page.getByText('RFM Analytics applies this at its next scoring').waitFor();
    await counted(page);
    expect(await shownMoves(page)).toEqual(expected);
    expect(await checkState(page, 'thresholds-preview')).toEqual([]);
    await takePictures(page, 'thresholds', preview(page));

    await save(page).click();
    await page.getByText('Saved as version 1.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Saved as version 1.');
    defaults.recencyDays[1] = 61.5;
    expect(await storedBy(merchantId)).toEqual(defaults);
    await page.getByText('You use the defaults').waitFor({ state: 'detached' });
    expect(await checkState(page, 'thresholds-saved')).toEqual([]);
  });
});

it('shows the words of the api at the field that it refuses, and is used by the keyboard', async () => {
  const merchantId = await newMerchant({ scored: 200 });
  await visit(
    world,
    { token: world.tokenOf(merchantId), path },
    async (page) => {
      await page.getByRole('button', { name: 'Move LOYAL up' }).focus();
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
        'Move LOYAL up',
      );
      await page.getByText('LOYAL is number 1 of 10.').waitFor({ state: 'attached' });
      expect(await nameOf(page, 1).inputValue()).toBe('LOYAL');
      // LOYAL contains every champion.
      await rowOf(page, 2).getByText('No score reaches it').waitFor();
      await preview(page).getByText('Correct the marked field').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await rowOf(page, 2).getByText('No score reaches it').waitFor({ state: 'detached' });
      await page.getByText('No unsaved changes.').waitFor();

      await page.getByRole('button', { name: 'Remove DORMANT' }).focus();
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
        'Name of segment 9',
      );
      await preview(page).getByRole('cell', { name: 'PROSPECTS' }).first().waitFor();
      await page.getByRole('button', { name: 'Add a segment' }).focus();
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
        'Name of segment 1',
      );
      await page.getByText('Must be a name of 1 to 64 characters.').waitFor();
      expect(await nameOf(page, 1).getAttribute('aria-invalid')).toBe('true');
      await page.keyboard.type('BIG SPENDERS');
      await preview(page).getByRole('cell', { name: 'BIG SPENDERS' }).first().waitFor();

      for (const [text, words] of [
        ['', 'Must be a number of at least 0.'],
        ['10', 'Must be greater than the previous cut point.'],
      ] as const) {
        await page.getByLabel('Between 4 and 3').fill(text);
        await page.getByText(words).waitFor();
      }
      expect(await checkState(page, 'thresholds-invalid')).toEqual([]);
      await save(page).click();
      await page.getByText('Not saved. Must be greater than the previous cut point.').waitFor();
      await page.getByLabel('Between 4 and 3').fill('60');
      await page.getByLabel('Window').fill('1.5');
      await page.getByText('Must be 1 to 3650.').waitFor();
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.getByText('No unsaved changes.').waitFor();
      expect(await storedBy(merchantId)).toEqual(await storedBy(aMerchantId()));
    },
    /400/,
  );
});

describe('when another person saves meanwhile', () => {
  /** Opens the page, changes a name, lets another person save, and presses Save. */
  async function runIntoConflict(page: Page, merchantId: string) {
    await nameOf(page, 1).fill('MINE');
    const theirs = await storedBy(merchantId);
    theirs.segments[0]!.recency!.min = 5;
    theirs.segments.splice(8, 1);
    theirs.windowDays = 90;
    await update(merchantId, theirs);
    await save(page).click();
    await heading(page, 'Another person has saved meanwhile');
    return theirs;
  }

  it('shows what differs, and loads theirs', async () => {
    const merchantId = await newMerchant({ scored: 200 });
    await visit(
      world,
      { token: world.tokenOf(merchantId), path },
      async (page) => {
        const theirs = await runIntoConflict(page, merchantId);
        const rows = page.locator('.conflict tbody tr');
        expect(await rows.allTextContents()).toEqual([
          'Window90365',
          'Segment CHAMPIONSNumber 1: Recency 5, Frequency 4–5, Spend 4–5Not in the list',
          'Segment DORMANTNumber 9: every scoreNumber 10: every score',
          'Segment MINENot in the listNumber 1: Recency 4–5, Frequency 4–5, Spend 4–5',
          'Segment PREVIOUSLY_LOYALNot in the listNumber 9: Frequency 4–5',
        ]);
        expect(await checkState(page, 'thresholds-conflict')).toEqual([]);
        expect(await storedBy(merchantId)).toEqual(theirs);
        await page.getByRole('button', { name: 'Load theirs' }).click();
        await page.getByText('No unsaved changes.').waitFor();
        expect(await nameOf(page, 1).inputValue()).toBe('CHAMPIONS');
        expect(await page.getByLabel('Window').inputValue()).toBe('90');
      },
      /409/,
    );
  });

  it('saves over theirs only what was shown: a third person is a conflict again', async () => {
    const merchantId = await newMerchant({ scored: 200 });
    await visit(
      world,
      { token: world.tokenOf(merchantId), path },
      async (page) => {
        const theirs = await runIntoConflict(page, merchantId);
        await update(merchantId, { ...theirs, windowDays: 30 });
        await page.getByRole('button', { name: 'Save mine over it' }).click();
        await page.getByText('Window').first().waitFor();
        await page.locator('.conflict').getByText('30', { exact: true }).waitFor();
        expect((await storedBy(merchantId)).windowDays).toBe(30);
        await page.getByRole('button', { name: 'Save mine over it' }).click();
        await page.getByText('Saved as version 3.').waitFor();
        const stored = await storedBy(merchantId);
        expect([stored.segments[0]!.name, stored.windowDays, stored.segments.length]).toEqual([
          'MINE',
          365,
          10,
        ]);
      },
      /409/,
    );
  });
});

it('asks before unsaved changes are lost', async () => {
  const merchantId = await newMerchant({ scored: 0, unscored: 0 });
  await visit(world, { token: world.tokenOf(merchantId), path }, async (page) => {
    await page.getByText('No customer has a score yet').waitFor();
    await nameOf(page, 1).fill('BEST');
    await page.getByRole('link', { name: 'Segments', exact: true }).click();
    await heading(page, 'Leave without saving?');
    expect(await checkState(page, 'thresholds-leave')).toEqual([]);
    await page.getByRole('button', { name: 'Stay' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await nameOf(page, 1).inputValue()).toBe('BEST');
    const asked = page.waitForEvent('dialog');
    const closing = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await closing;
    await page.getByRole('link', { name: 'Segments', exact: true }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await heading(page, 'Segments');
  });
});

describe('the page', () => {
  let signedIn: string;
  beforeAll(async () => (signedIn = world.tokenOf(await newMerchant({ scored: 50 }))));

  it('keeps its place while it loads, and after an error offers to try again', () =>
    visit(
      world,
      { token: signedIn, path: '/nowhere' },
      async (page) => {
        await heading(page, 'There is no such page');
        await page.route('**/GetProgramSettings*', () => undefined);
        await page.getByRole('link', { name: 'Thresholds' }).click();
        await heading(page, 'Thresholds');
        await page.getByText('Loading').first().waitFor({ state: 'attached' });
        expect(await checkState(page, 'thresholds-loading')).toEqual([]);
        await page.unroute('**/GetProgramSettings*');
        await page.goto('about:blank');

        await page.route('**/GetProgramSettings*', (route) =>
          route.fulfill({ status: 500, contentType: 'application/json', body: '{"code":"internal"}' }),
        );
        await page.goto(`${world.api.url}/console${path}#token=${signedIn}`);
        await heading(page, 'Something went wrong');
        expect(await checkState(page, 'thresholds-error')).toEqual([]);
        await page.unroute('**/GetProgramSettings*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await nameOf(page, 1).waitFor();
      },
      /500/,
    ));

  it('keeps the changes without a network, and saves them later', () =>
    visit(
      world,
      { token: signedIn, path },
      async (page) => {
        await nameOf(page, 1).fill('OFFLINE');
        await preview(page).getByRole('cell', { name: 'OFFLINE' }).first().waitFor();
        await page.context().setOffline(true);
        await save(page).click();
        await page.getByText('You are offline').waitFor();
        expect(await checkState(page, 'thresholds-offline')).toEqual([]);
        await page.context().setOffline(false);
        await page.getByText(/^Saved as version 1/).waitFor();
      },
      /ERR_INTERNET_DISCONNECTED/,
    ));

  it('says that it may not count without the scope for scores, and still edits', async () => {
    const merchantId = await newMerchant({ scored: 50 });
    const token = world.tokenOf(merchantId, { scope: 'imports:write settings:write' });
    await visit(
      world,
      { token, path },
      async (page) => {
        await preview(page).getByText('No access').waitFor();
        expect(await checkState(page, 'thresholds-no-scores')).toEqual([]);
        await nameOf(page, 1).fill('BEST');
        await save(page).click();
        await page.getByText('Saved as version 1.').waitFor();
      },
      /403/,
    );
  });

  it('is not in the navigation without the scope for settings, and says so at its address', () =>
    visit(
      world,
      { token: world.tokenOf(aMerchantId(), { scope: 'imports:write rfm:read' }), path },
      async (page) => {
        await heading(page, 'No access');
        expect(await page.getByRole('link', { name: 'Thresholds' }).count()).toBe(0);
        expect(await checkState(page, 'thresholds-no-access')).toEqual([]);
      },
      /403/,
    ));
});

it('shows hostile names as texts, in the list, in the preview and in a conflict', async () => {
  const merchantId = await newMerchant({ scored: 500 });
  const names = hostileTexts(200, () => Math.random())
    .map((text) => text.slice(0, 60).trim())
    .filter((text) => /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(text))
    .slice(0, 10);
  expect(names).toHaveLength(10);
  const settings = await storedBy(merchantId);
  settings.segments.forEach((segment, n) => (segment.name = names[n] ?? ''));
  await update(merchantId, settings);
  const tags = (page: Page) =>
    page.evaluate(() => [
      'ran' in window,
      document.getElementById('markup') !== null,
      document.querySelectorAll('main :is(script, img, iframe, svg, math, base, b, style)').length,
    ]);
  await visit(
    world,
    { token: world.tokenOf(merchantId), path },
    async (page) => {
      await preview(page)
        .getByRole('cell', { name: names[0] ?? '', exact: true })
        .first()
        .waitFor();
      expect(await nameOf(page, 3).inputValue()).toBe(names[2]);
      await nameOf(page, 1).fill('MINE');
      settings.windowDays = 90;
      await update(merchantId, settings);
      await save(page).click();
      await page.getByText(`Segment ${names[0]}`, { exact: true }).waitFor();
      expect(await tags(page)).toEqual([false, false, 0]);
    },
    /409/,
  );
});
