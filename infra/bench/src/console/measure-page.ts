/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import type { OpenConsole } from './open-console.ts';
import { recordVitals, type Vitals } from './record-vitals.ts';

export interface MeasuredPage extends Vitals {
  /** Requests until the page shows everything. */
  requests: number;
}

export interface PageToMeasure {
  path: string;
  /** The last text of the page to appear. */
  shows: string;
  /** The heading of a page that its navigation leads to. */
  leadsTo: string;
}

/** As "Built for Shopify" measures. */
const SLOWDOWN = 4;
const SETTLED_MS = 1_000;

/** Opens a page on a slow machine, uses it as a person would, and returns its vitals. */
export async function measurePage(opened: OpenConsole, measured: PageToMeasure): Promise<MeasuredPage> {
  const page = await opened.newPage();
  let requests = 0;
  page.on('request', () => requests++);
  await page.addInitScript(recordVitals);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.goto(opened.linkTo(measured.path));
  await page.getByText(measured.shows).first().waitFor();
  await page.waitForTimeout(SETTLED_MS);
  const ofFirstView = requests;
  await use(page, measured.leadsTo);
  await page.waitForTimeout(SETTLED_MS);
  const vitals = await page.evaluate(() => window.vitals);
  await page.context().close();
  if (vitals.lcp === 0 || vitals.inp === 0)
    throw new Error(`the browser reports no vitals of ${measured.path}`);
  return { ...vitals, requests: ofFirstView };
}

/** Opens the menu, switches the theme, opens and closes the dialog of a start, and goes to another page. */
async function use(page: Page, leadsTo: string): Promise<void> {
  const menu = page.getByRole('button', { name: 'Menu' });
  await menu.click();
  await page.locator('.theme select').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await menu.click();
  const start = page.getByRole('button', { name: 'Import customers' });
  if (await start.isVisible()) {
    await start.click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  await menu.click();
  await page.getByRole('link', { name: leadsTo, exact: true }).click();
  await page.getByRole('heading', { name: leadsTo, level: 1 }).waitFor();
}
