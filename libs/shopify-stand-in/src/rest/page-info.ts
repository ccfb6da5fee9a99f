import { decodeCursor, encodeCursor, sign } from '../cursor.ts';

/** The filters of a list. The cursor contains them, because a request with page_info may not repeat them. */
export interface ListFilters {
  ids?: number[];
  sinceId?: number;
  createdMin?: number;
  createdMax?: number;
  updatedMin?: number;
  updatedMax?: number;
}

export interface PageInfo {
  direction: 'next' | 'prev';
  /** The last (next) or first (prev) customer of the page that contained this link. */
  lastId: number;
  filters: ListFilters;
}

/**
 * Issues page_info: "A unique ID used to access a certain page of results. It can't be modified and must be
 * used exactly as it appears". It is signed, which detects modifications.
 * Source: shopify.dev/docs/api/admin-rest/usage/pagination.
 */
export function issuePageInfo(
  secret: string,
  shop: string,
  { direction, lastId, filters }: PageInfo,
): string {
  const s = sign(secret, ['rest', shop, direction, lastId, filters]);
  return encodeCursor({ direction, last_id: lastId, filters, s }).replaceAll('=', '');
}

export function readPageInfo(secret: string, shop: string, pageInfo: string): PageInfo | undefined {
  const { direction, last_id: lastId, filters } = decodeCursor(pageInfo);
  if ((direction !== 'next' && direction !== 'prev') || typeof lastId !== 'number') return undefined;
  const read = { direction, lastId, filters: (filters ?? {}) as ListFilters } as const;
  return issuePageInfo(secret, shop, read) === pageInfo ? read : undefined;
}
