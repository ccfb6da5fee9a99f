import type { CustomerRange } from '../sources/search-range.ts';
import type { Access } from '../client/transport.ts';
import { type QueryCost, UnusableAnswer } from '../answers/errors.ts';
import type { ShopifyClient } from '../client/client.ts';
import { searchOf } from '../sources/search-range.ts';

/** Without a limit: the default stops at 10,000. */
export const COUNT = `query CustomersCount($query: String) {
  customersCount(query: $query, limit: null) { count }
}`;

/** How many customers a range has. @throws as ShopifyClient */
export async function countCustomers(
  client: ShopifyClient,
  { range, ...access }: Access & { range: CustomerRange },
): Promise<{ count: number; cost: QueryCost | null }> {
  const variables = { query: searchOf(range, 'created_at') || null };
  const { data, cost } = await client({ ...access, document: COUNT, variables });
  return { count: countIn(data.customersCount), cost };
}

/** @throws UnusableAnswer for what is no Count of the schema */
export function countIn(answer: unknown): number {
  const { count } = (answer ?? {}) as { count?: unknown };
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new UnusableAnswer('other_form', 'a reply without a count');
}
