import { gidOf } from '@core/contracts';
import { UnusableAnswer } from '../../answers/errors.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import type { ShopCustomer } from '../shop-customer.ts';
import { CUSTOMER_FIELDS, readNode, type CustomerNode } from './customer-node.ts';

/** Requested points, until a reply says better: 250 single customers with their email and money. */
const BY_IDS_COST = 750;

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
}

/**
 * Asks for single customers: 250 at most, which is what `nodes` takes at once. Source: shopify.dev/docs/api/usage/limits
 * (input arrays).
 * @throws as ShopClient
 */
export async function fetchByIds(client: ShopClient, ids: readonly number[]): Promise<FoundByIds> {
  const { data } = await client.graphql({
    document: CUSTOMERS_BY_ID,
    variables: { ids: ids.map(gidOf) },
    cost: BY_IDS_COST,
  });
  const nodes = data.nodes as (CustomerNode | null)[] | undefined;
  // A reply with fewer nodes than ids would make customers missing who are there.
  if (!Array.isArray(nodes) || nodes.length !== ids.length)
    throw new UnusableAnswer('other_form', 'a reply without all ids');
  // Only null says that a customer is gone: one in a wrong form exists all the same, and must not be deleted.
  const missing = ids.filter((_, at) => nodes[at] === null);
  const customers = ids.flatMap((id, at) => {
    const node = nodes[at];
    // Whatever it says of its id, it is the one that was asked for.
    return node == null ? [] : readNode({ ...node, id: gidOf(id) }).customer;
  });
  return { customers, missing };
}
