import { UnusableAnswer } from '../answers/errors.ts';
import type { ShopClient } from '../client/shop-client.ts';
import { searchOf, type CustomerRange } from '../sources/search-range.ts';

/** `limit: null` removes the limit: the default stops counting at 10,000. */
export const COUNT = `query CustomersCount($query: String) {
  customersCount(query: $query, limit: null) { count }
}`;

/** Requested points, until a reply reports the actual cost. */
const COUNT_COST = 2;

/** Counts the customers of a range. @throws as ShopClient */
export async function countCustomers(client: ShopClient, range: CustomerRange): Promise<number> {
  const variables = { query: searchOf(range, 'created_at') || null };
  const { data } = await client.graphql({ document: COUNT, variables, cost: COUNT_COST });
  return countIn(data.customersCount);
}

/** Reads a Count. @throws UnusableAnswer when the value is not a Count of the schema */
export function countIn(answer: unknown): number {
  const { count } = (answer ?? {}) as { count?: unknown };
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new UnusableAnswer('other_form', 'the reply has no count');
}
