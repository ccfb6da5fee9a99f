import type { FrameLocator, Page } from 'playwright-core';

/** The preview of changed thresholds. */
export const preview = (page: Page | FrameLocator) => page.getByRole('region', { name: 'What would change' });

/** Reads the table of moves as countMoves returns them. */
export async function shownMoves(page: Page | FrameLocator): Promise<Map<string, number>> {
  const rows = await preview(page).locator('tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('td').allTextContents()));
  return new Map(cells.map(([from, to, count]) => [`${from} > ${to}`, Number(count?.replaceAll(',', ''))]));
}
