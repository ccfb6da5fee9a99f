import type { Pages } from './context.ts';
import { cutPage, type Sized } from './cut-page.ts';

/** The page of a list that a caller requests. */
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
  /**
   * Key of the last row of the previous page; null for the first page. It can be trusted: the token is
   * signed.
   */
  readonly after: K | null;
  /**
   * Number of rows to read: one more than the page has. Only the extra row shows that another page follows.
   */
  readonly most: number;
  /**
   * @param rows in the list's order, after the key `after`, at most `most`
   * @param keyOf the key of a row in that order
   * @returns the rows of the page; the token of the next one, empty where no row follows
   */
  cut<R extends object>(
    rows: readonly (R & Partial<Sized>)[],
    keyOf: (row: R) => K,
  ): { rows: R[]; nextPageToken: string };
}

/**
 * The only way to return a list in pages: by the key of the last row, so that rows inserted or deleted
 * between pages neither repeat other rows nor hide them. Rejected: a token whenever a page is full. It saves
 * reading one row a page, but makes every caller of a list that ends with a full page request an empty one.
 * @param list identifies the list: rpc, merchant and filter as plain JSON; a token is valid for this list
 * only
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
