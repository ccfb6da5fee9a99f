import type { SliceRange } from '@core/domain';
import { type Access, type QueryCost, type ShopifyClient, UnusableAnswer } from '@core/shopify';
import { searchOf } from './search-range.ts';

/** Without a limit: the default stops at 10,000. */
export const COUNT = `query CustomersCount($query: String) {
  customersCount(query: $query, limit: null) { count }
}`;

/** How many customers a range has. @throws as ShopifyClient */
export async function countCustomers(
  client: ShopifyClient,
  { range, ...access }: Access & { range: SliceRange },
): Promise<{ count: number; cost: QueryCost | null }> {
  const variables = { query: searchOf(range, 'created_at') || null };
  const { data, cost } = await client({ ...access, document: COUNT, variables });
  const { count } = (data.customersCount ?? {}) as { count?: number };
  if (!Number.isSafeInteger(count) || Number(count) < 0) {
    throw new UnusableAnswer('other_form', 'a reply without a count');
  }
  return { count: Number(count), cost };
}
