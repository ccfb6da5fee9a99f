import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import type { Page } from 'playwright-core';
import { nextFrame } from './next-frame.ts';

const root = workspaceRoot();
const AXE = readFileSync(createRequire(join(root, 'package.json')).resolve('axe-core/axe.min.js'), 'utf8');
/** Outside of git. */
const SCREENSHOTS = join(root, '.nx/screenshots/console');
const DESKTOP = { width: 1_200, height: 860 };
const LOOKS = [
  { name: 'light', colorScheme: 'light', ...DESKTOP },
  { name: 'dark', colorScheme: 'dark', ...DESKTOP },
  { name: 'phone', colorScheme: 'light', width: 360, height: 740 },
  { name: 'phone-dark', colorScheme: 'dark', width: 360, height: 740 },
] as const;

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/**
 * The height of what scrolls. In a window of this height, what sticks to its edges covers nothing, as it
 * would in a picture that is longer than the window.
 */
const lengthOfContent = (): number =>
  (document.querySelector('.dialog-overlay') ?? document.documentElement).scrollHeight;

/**
 * Checks one state of a page in light and dark, wide and narrow, and writes a screenshot of each.
 * @returns what is wrong: violations of axe's rules, and a page that is wider than its screen
 */
export async function checkState(page: Page, state: string): Promise<string[]> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const wrong: string[] = [];
  for (const { name, colorScheme, width, height } of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await nextFrame(page);
    await page.setViewportSize({ width, height: Math.max(height, await page.evaluate(lengthOfContent)) });
    await page.screenshot({ path: join(SCREENSHOTS, `${state}-${name}.png`) });
    await page.setViewportSize({ width, height });
    const at = `${state} (${name})`;
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    if (widest > width) wrong.push(`${at}: is ${widest} pixels wide`);
    await page.evaluate(AXE);
    const violations = await page.evaluate(
      async () =>
        (await (window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }).axe.run())
          .violations,
    );
    for (const { id, nodes } of violations) {
      wrong.push(
        ...nodes.map(({ target, failureSummary }) => `${at}: ${id} ${target.join(' ')} ${failureSummary}`),
      );
    }
  }
  await page.setViewportSize(DESKTOP);
  return wrong;
}
