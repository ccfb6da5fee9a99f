import { hash } from 'node:crypto';
import { CursorLost, ShopifyUnavailable } from '../answers/errors.ts';

/** The position in a chain of pages: Shopify's cursor, and the data that detects a loop in the chain. */
export interface PageCursor {
  at: string;
  /** Number of pages before this position. */
  pages: number;
  /** Fingerprints of the two previous pages. They detect short loops immediately. */
  lasts: string[];
  /**
   * Fingerprint of the last page whose number is a power of two. A loop of any length eventually returns to
   * one.
   */
  anchor: string | null;
}

/**
 * Returns the cursor after a page. Shopify's cursors are opaque, so a loop is detected by the customers: a
 * page with the same customers was read before. Repeated pages do not harm the stored data, but they never
 * end.
 *
 * Three fingerprints detect any loop within three rounds (Brent's algorithm). Rejected: requiring ascending
 * ids, which REST does not promise and which would store the last customer's number in plain text.
 * @param next Shopify's cursor; null after the last page
 * @throws ShopifyUnavailable when the next page is this one: a retry may return the right one;
 *   CursorLost when this page was read before: its cursor always leads back
 */
export function cursorAfter(
  cursor: PageCursor | null,
  ids: readonly number[],
  next: string | null,
): PageCursor | null {
  // The cursor may come from an earlier build, which stored less.
  const { pages = 0, lasts = [], anchor = null }: Partial<PageCursor> = cursor ?? {};
  const print = printOf(ids, next);
  if ([...lasts, anchor].includes(print)) throw new CursorLost('the page was read before');
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
 * Hashes all ids of the page together: cursors outlast erasures, and the hash of a single number would reveal
 * that number. Pages without customers are distinguished by their next cursor.
 */
const printOf = (ids: readonly number[], next: string | null): string =>
  hash('sha256', ids.length > 0 ? ids.join() : (next ?? ''), 'base64url').slice(0, 16);

const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n));
