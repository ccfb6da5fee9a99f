import { gidOf } from '@core/contracts';
import type { ShopCustomer } from '../shop-customer.ts';
import type { Access } from '../../client/transport.ts';
import { type QueryCost, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopifyClient } from '../../client/client.ts';
import { CUSTOMER_FIELDS, readNode, type CustomerNode } from './customer-node.ts';

export const CUSTOMERS_BY_ID = `query CustomersById($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Customer {
      ${CUSTOMER_FIELDS}
    }
  }
}`;

export interface FoundByIds {
  customers: ShopCustomer[];
  /** Deleted, or merged into another. */
  missing: number[];
  cost: QueryCost | null;
}

/**
 * Asks for single customers: 250 at most, which is what `nodes` takes at once. Source: shopify.dev/docs/api/usage/limits
 * (input arrays).
 * @throws as ShopifyClient
 */
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
    throw new UnusableAnswer('other_form', 'a reply without all ids');
  // Null alone says that there is none: what is not as it should be is there all the same, and is deleted by nobody.
  const missing = ids.filter((_, at) => nodes[at] === null);
  const customers = ids.flatMap((id, at) => {
    const node = nodes[at];
    // Whatever it says of its id, it is the one that was asked for.
    return node == null ? [] : readNode({ ...node, id: gidOf(id) }).customer;
  });
  return { customers, missing, cost };
}
