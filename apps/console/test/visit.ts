import type { FrameLocator, Page } from 'playwright-core';
import { openPage, type ConsolePage, type OpenPage } from './open-page.ts';
import type { World } from './open-world.ts';

/** Many times what a step takes on a quiet machine, and less than the limit of a spec. */
export const PATIENCE_MS = 300_000;

/**
 * Opens a page, and expects that nothing went wrong in it: no error, no request to another site, nothing that
 * the policy refused.
 * @param expected matches the errors that the spec causes itself
 */
export async function visit(
  world: World,
  options: OpenPage,
  work: (page: Page, opened: ConsolePage) => Promise<void>,
  expected = /^$/,
): Promise<void> {
  const opened = await openPage(world, options);
  opened.page.setDefaultTimeout(PATIENCE_MS);
  try {
    await work(opened.page, opened);
    expect(opened.problems.filter((each) => !expected.test(each))).toEqual([]);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await describePage(opened)}`, { cause: error });
  } finally {
    await opened.close();
  }
}

/** Says what a page showed when a spec failed. */
async function describePage({ page, problems }: ConsolePage): Promise<string> {
  const text = await page
    .locator('body')
    .innerText({ timeout: 5_000 })
    .catch(() => '(no answer)');
  return `The page at ${page.url()} showed:\n${text}\nIts problems: ${problems.join('; ') || 'none'}`;
}

/** Waits until the page shows a heading. */
export const heading = (page: Page | FrameLocator, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { name }).first().waitFor();
