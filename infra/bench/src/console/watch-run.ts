import { heapOf, watchUpdates } from '@core/testing';
import type { OpenConsole } from './open-console.ts';

/** A page that watched one import for its whole run. */
export interface WatchedRun {
  seconds: number;
  arrived: number;
  dropped: number;
  /** Growth of the page's heap from the first customers to the end, each time after a collection. */
  grownBytes: number;
  /** The path of the page of the run. */
  path: string;
}

const LONGEST_MS = 3_600_000;

/** Starts an import from the console, and watches it on the page of the run. */
export async function watchRun(opened: OpenConsole, customers: number): Promise<WatchedRun> {
  const page = await opened.newPage();
  const watched = await watchUpdates(page);
  await page.goto(opened.linkTo(''));
  await page.getByRole('button', { name: 'Import customers' }).click();
  await page.getByText('Page by page').click();
  await page.getByRole('button', { name: 'Start the import' }).click();
  const all = customers.toLocaleString('en-US');
  const counts = page.getByText(/[1-9][\d,]{0,9} of /).first();
  await counts.waitFor();
  const begin = performance.now();
  const heap = await heapOf(page);
  const before = await heap();
  await page.getByText('Completed', { exact: true }).waitFor({ timeout: LONGEST_MS });
  await page.getByText(`${all} of ${all}`).waitFor();
  const found = {
    seconds: (performance.now() - begin) / 1_000,
    arrived: watched.arrived(),
    dropped: watched.dropped().length,
    grownBytes: (await heap()) - before,
    path: new URL(page.url()).pathname.replace(/^\/console/, ''),
  };
  await page.context().close();
  return found;
}
