import type { JsonObject } from '../mutate/json.ts';

/** Returns the customers of a GraphQL or REST page with their fields; undefined for a list of only ids. */
export function customersOfPage(body: unknown): JsonObject[] | undefined {
  const { data, customers } = body as {
    data?: { customers?: { nodes?: JsonObject[] } };
    customers?: JsonObject[];
  };
  const list = data?.customers?.nodes ?? customers;
  return Array.isArray(list) && Object.keys(list[0] ?? {}).length > 2 ? list : undefined;
}
