import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import type { Locator, Page } from 'playwright-core';
import { LOOKS } from './check-state.ts';

/** `infra/tools/src/pictures/copy.ts` copies them into docs. */
const PICTURES = join(workspaceRoot(), '.nx/screenshots/docs');
/** The bar above the content on a phone, with a gap. */
const ABOVE = 68;

/**
 * Takes the pictures of a page for docs/console.md, as a window shows it: light, dark and on a phone.
 * @param from the part at which the pictures start; absent: the start of the page
 */
export async function takePictures(page: Page, name: string, from?: Locator): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  for (const look of LOOKS) {
    if (look.name === 'phone-dark') continue;
    const { colorScheme, width, height } = look;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.mouse.move(0, 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    await from?.evaluate(
      (part, above) => window.scrollTo(0, part.getBoundingClientRect().top - above),
      ABOVE,
    );
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    await page.screenshot({ path: join(PICTURES, `${name}-${look.name}.png`) });
  }
  const [{ width, height }] = LOOKS;
  await page.setViewportSize({ width, height });
}
