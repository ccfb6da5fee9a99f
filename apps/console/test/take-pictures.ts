import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import type { Locator, Page } from 'playwright-core';
import { nextFrame } from './next-frame.ts';

/** `infra/tools/src/pictures/copy.ts` copies them into docs. */
const PICTURES = join(workspaceRoot(), '.nx/screenshots/docs');
/** Narrower than the windows of `checkState`: a picture should stay below 120 KiB. */
const WIDE = { width: 1_040, height: 680 };
const LOOKS = [
  { name: 'light', colorScheme: 'light', ...WIDE },
  { name: 'dark', colorScheme: 'dark', ...WIDE },
  { name: 'phone', colorScheme: 'light', width: 360, height: 680 },
] as const;
/** The bar above the content on a phone, with a gap. */
const ABOVE = 68;

/**
 * Takes the pictures of a page for docs/console.md, as a window shows it: light, dark and on a phone.
 * @param from the part at which the pictures start; absent: the start of the page
 */
export async function takePictures(page: Page, name: string, from?: Locator): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const before = page.viewportSize();
  for (const { name: look, colorScheme, ...size } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.mouse.move(0, 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    await from?.evaluate(
      (part, above) => window.scrollTo(0, part.getBoundingClientRect().top - above),
      ABOVE,
    );
    await nextFrame(page);
    await page.screenshot({ path: join(PICTURES, `${name}-${look}.png`) });
  }
  if (before) await page.setViewportSize(before);
}
