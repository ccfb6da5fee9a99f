import type { Pages } from './context.ts';
import { cutPage, type Sized } from './cut-page.ts';

/** Which page of a list. */
export interface PageOf {
  /** 1-1,000; 0 means 100. Large rows make a page shorter. */
  pageSize: number;
  /** Empty for the first page. */
  pageToken: string;
}

const DEFAULT_SIZE = 100;
const LARGEST_SIZE = 1_000;

type Key = readonly string[];

export interface KeysetPage<K extends Key> {
  /** The key of the row after which the page begins; null for the first page. It comes from us: the token is signed. */
  readonly after: K | null;
  /** Rows to read: one more than the page has. Only that row shows that another page follows. */
  readonly most: number;
  /**
   * @param rows in the list's order, from `after` on, at most `most`
   * @param keyOf the key of a row in that order
   * @returns the rows of the page; the token of the next one, empty where no row follows
   */
  cut<R extends object>(
    rows: readonly (R & Partial<Sized>)[],
    keyOf: (row: R) => K,
  ): { rows: R[]; nextPageToken: string };
}

/**
 * The only way to give out a list by pages: by the key of the last row, so rows that come or go meanwhile neither repeat
 * others nor hide them. Rejected: a token whenever a page is full, which saves a row a page and sends every caller
 * of a list that ends with a full page for an empty one.
 * @param list what is listed: the rpc, the merchant, the filter, as plain JSON; a token is good for this list alone
 * @throws CoreError invalid_argument naming page_token
 */
export function keysetPage<K extends Key>(
  { pageTokens }: Pages,
  list: unknown,
  { pageSize, pageToken }: PageOf,
): KeysetPage<K> {
  const size = Math.min(pageSize || DEFAULT_SIZE, LARGEST_SIZE);
  return {
    after: pageTokens.read(pageToken, list) as K | null,
    most: size + 1,
    cut(read, keyOf) {
      const rows = cutPage(read, size);
      const last = rows.length < read.length ? rows.at(-1) : undefined;
      return { rows, nextPageToken: last ? pageTokens.make(list, keyOf(last)) : '' };
    },
  };
}
