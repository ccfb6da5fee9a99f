import type { Page } from 'playwright-core';

/** Waits until the page has drawn itself after a change of its size or colors. */
export const nextFrame = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
