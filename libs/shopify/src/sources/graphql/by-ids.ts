import { gidOf } from '@core/contracts';
import { UnusableAnswer } from '../../answers/errors.ts';
import type { ShopCustomer } from '../shop-customer.ts';
import type { Reading } from '../source.ts';
import { CUSTOMER_FIELDS, EMAIL_FIELD, readNode, type CustomerNode } from './customer-node.ts';

/** Requested points, until a reply reports the actual cost: 4 for each of 200 customers, see PAGE_COST. */
const BY_IDS_COST = 800;

const byId = (name: string, fields: string) => `query ${name}($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Customer {
      ${fields}
    }
  }
}`;
export const CUSTOMERS_BY_ID = byId('CustomersById', `${CUSTOMER_FIELDS}\n      ${EMAIL_FIELD}`);
export const BY_ID_WITHOUT_EMAIL = byId('CustomersByIdWithoutEmail', CUSTOMER_FIELDS);

export interface FoundByIds {
  customers: ShopCustomer[];
  /** Deleted, or merged into another customer. */
  missing: number[];
}

/**
 * Requests customers by id, at most 250, which is the maximum for `nodes`. Source:
 * shopify.dev/docs/api/usage/limits (input arrays).
 * @throws EmailsWithheld, and as ShopClient
 */
export async function fetchByIds(
  { client, withoutEmail }: Pick<Reading, 'client' | 'withoutEmail'>,
  ids: readonly number[],
): Promise<FoundByIds> {
  const { data } = await client.graphql({
    document: withoutEmail ? BY_ID_WITHOUT_EMAIL : CUSTOMERS_BY_ID,
    variables: { ids: ids.map(gidOf) },
    cost: BY_IDS_COST,
  });
  const nodes = data.nodes as (CustomerNode | null)[] | undefined;
  // With fewer nodes than ids, existing customers would count as missing.
  if (!Array.isArray(nodes) || nodes.length !== ids.length)
    throw new UnusableAnswer('other_form', 'the reply does not contain all ids');
  // Only null means that a customer was deleted. A malformed one still exists and must not be deleted.
  const missing = ids.filter((_, at) => nodes[at] === null);
  const customers = ids.flatMap((id, at) => {
    const node = nodes[at];
    // The requested id is used, whatever id the node contains.
    return node == null ? [] : readNode({ ...node, id: gidOf(id) }).customer;
  });
  return { customers, missing };
}
