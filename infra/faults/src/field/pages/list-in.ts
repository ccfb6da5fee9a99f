import type { JsonObject } from '../mutate/json.ts';

/** The customers of a page with their fields, by GraphQL or by REST; a list of ids alone is none. */
export function listIn(body: unknown): JsonObject[] | undefined {
  const { data, customers } = body as {
    data?: { customers?: { nodes?: JsonObject[] } };
    customers?: JsonObject[];
  };
  const list = data?.customers?.nodes ?? customers;
  return Array.isArray(list) && Object.keys(list[0] ?? {}).length > 2 ? list : undefined;
}
