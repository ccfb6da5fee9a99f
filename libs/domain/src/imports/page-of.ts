import type { PageTokens } from '../core/index.ts';

/** Which page of a merchant's list. */
export interface PageOf {
  merchantId: string;
  /** 1-1,000; 0 means 100. */
  pageSize: number;
  /** Empty for the first page. */
  pageToken: string;
}

export const mostOf = ({ pageSize }: Pick<PageOf, 'pageSize'>): number => pageSize || 100;

/** Empty behind the last page. @param ids of the page's rows */
export function nextToken(tokens: PageTokens, asked: unknown, ids: readonly string[], most: number): string {
  const last = ids.at(-1);
  return last !== undefined && ids.length === most ? tokens.make(asked, [last]) : '';
}
