import { hash } from 'node:crypto';
import { CursorLost, ShopifyUnavailable } from '../answers/errors.ts';

/** Where a chain of pages stands: Shopify's own cursor, and what shows that the chain goes in a circle. */
export interface PageCursor {
  at: string;
  /** Pages before it. */
  pages: number;
  /** Prints of the two pages before it: the short circles at once. */
  lasts: string[];
  /** Print of the last page whose number is a power of two: in time a circle of any length comes back to one. */
  anchor: string | null;
}

/**
 * The cursor after a page. Shopify's cursors are opaque, so a circle shows by the customers: a page of the same ones was
 * read before. Pages that repeat do no harm to what is stored, but never end.
 *
 * Three prints tell any circle within three rounds of it (Brent's way). Rejected: asking that ids rise, which REST does
 * not promise, and which takes the last customer's number along in clear.
 * @param next Shopify's cursor; null after the last page
 * @throws ShopifyUnavailable when the next page is this one: asking again may give the right one;
 *   CursorLost when this page was read before: its cursor leads back, however often it is used
 */
export function cursorAfter(
  cursor: PageCursor | null,
  ids: readonly number[],
  next: string | null,
): PageCursor | null {
  // The cursor may be one of an earlier build, which kept less.
  const { pages = 0, lasts = [], anchor = null }: Partial<PageCursor> = cursor ?? {};
  const print = printOf(ids, next);
  if ([...lasts, anchor].includes(print)) throw new CursorLost('a page that was read before');
  if (next === null) return null;
  if (next === cursor?.at) throw new ShopifyUnavailable('the next page is the same page');
  return {
    at: next,
    pages: pages + 1,
    lasts: [...lasts, print].slice(-2),
    anchor: isPowerOfTwo(pages + 1) ? print : anchor,
  };
}

/**
 * The hash covers all ids of the page together: cursors outlast erasures, and the hash of a single number is as good as
 * the number. Pages of nobody are told apart by where they lead.
 */
const printOf = (ids: readonly number[], next: string | null): string =>
  hash('sha256', ids.length > 0 ? ids.join() : (next ?? ''), 'base64url').slice(0, 16);

const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n));
