import { gidOf, type ImportedCustomer } from '@core/domain';
import { type Access, type QueryCost, type ShopifyClient, ShopifyUnavailable } from '@core/shopify';
import { CUSTOMER_FIELDS, toImported, type CustomerNode } from './customer-node.ts';

/** What `nodes` takes at once. Source: shopify.dev/docs/api/usage/limits (input arrays). */
export const MOST_IDS = 250;

export const CUSTOMERS_BY_ID = `query CustomersById($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Customer {
      ${CUSTOMER_FIELDS}
    }
  }
}`;

export interface FoundByIds {
  customers: ImportedCustomer[];
  /** Deleted, or merged into another. */
  missing: number[];
  cost: QueryCost | null;
}

/** Asks for single customers, 250 at most. @throws as ShopifyClient */
export async function fetchByIds(
  client: ShopifyClient,
  { ids, ...access }: Access & { ids: readonly number[] },
): Promise<FoundByIds> {
  const { data, cost } = await client({
    ...access,
    document: CUSTOMERS_BY_ID,
    variables: { ids: ids.map(gidOf) },
  });
  const nodes = data.nodes as (CustomerNode | null)[] | undefined;
  // A reply with fewer places than ids would make customers missing who are there.
  if (!Array.isArray(nodes) || nodes.length !== ids.length)
    throw new ShopifyUnavailable('a reply without all ids');
  const missing = ids.filter((_, at) => !nodes[at]);
  return { customers: nodes.filter((node) => node !== null).map(toImported), missing, cost };
}
