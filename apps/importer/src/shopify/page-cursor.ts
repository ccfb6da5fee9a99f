import { CursorLost, ShopifyUnavailable } from './errors.ts';

/** The place in a chain of pages: Shopify's own cursor, and what shows that the chain goes in a circle. */
export interface PageCursor {
  at: string;
  /** The last customers of the two pages before. */
  lasts: number[];
}

/**
 * The place after a page. Shopify's cursors are opaque, so a circle shows by the customers: a page that has the last
 * one of an earlier page again was read before. Pages that repeat do no harm to what is stored, but never end.
 * @param next Shopify's cursor; null after the last page
 * @throws ShopifyUnavailable when the next page is this one: asking again may give the right one;
 *   CursorLost when this page was read before: its cursor leads back, however often it is used
 */
export function placeAfter(
  place: PageCursor | null,
  ids: readonly number[],
  next: string | null,
): PageCursor | null {
  const lasts = place?.lasts ?? [];
  if (ids.some((id) => lasts.includes(id))) throw new CursorLost('a page that was read before');
  if (next === null) return null;
  if (next === place?.at) throw new ShopifyUnavailable('the next page is the same page');
  return { at: next, lasts: [...lasts, ...ids.slice(-1)].slice(-2) };
}
