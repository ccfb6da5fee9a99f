import { gidOf } from '@core/contracts';
import type { ShopClient } from '../client/shop-client.ts';
import { halves } from './halves.ts';
import {
  METAFIELD_KEYS,
  metafieldOf,
  MetafieldsRefused,
  MUTATION_COST,
  readUserErrors,
} from './metafields.ts';

export const DELETE_METAFIELDS = `mutation DeleteMetafields($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) {
    userErrors { field }
  }
}`;

export const CUSTOMER_EXISTS = `query CustomerExists($id: ID!) {
  customer(id: $id) { id }
}`;

/**
 * Deletes the metafields of customers, by their numbers. Metafields that do not exist count as deleted, and
 * so do those of customers who no longer exist: Shopify documents an answer without an error for them, and
 * an error is checked customer by customer.
 * Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsDelete.
 * @throws MetafieldsRefused when the shop has a customer whose metafields it does not delete; as ShopClient
 */
export async function deleteMetafields(client: ShopClient, shopCustomers: readonly string[]): Promise<void> {
  if (shopCustomers.length === 0) return;
  const metafields = shopCustomers.flatMap((shopCustomer) =>
    METAFIELD_KEYS.map((key) => metafieldOf(shopCustomer, key)),
  );
  const { data } = await client.graphql({
    document: DELETE_METAFIELDS,
    variables: { metafields },
    cost: MUTATION_COST,
    follows: true,
  });
  if (readUserErrors(data.metafieldsDelete).length === 0) return;
  const [only] = shopCustomers;
  if (only === undefined || shopCustomers.length > 1) {
    for (const some of halves(shopCustomers)) await deleteMetafields(client, some);
    return;
  }
  const answer = await client.graphql({
    document: CUSTOMER_EXISTS,
    variables: { id: gidOf(only) },
    cost: 1,
    follows: true,
  });
  if (answer.data.customer !== null) throw new MetafieldsRefused('NOT_DELETED');
}
