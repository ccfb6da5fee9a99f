import type { ShopClient } from '../client/shop-client.ts';
import { UnusableAnswer } from '../answers/errors.ts';
import {
  METAFIELD_KEYS,
  METAFIELDS,
  MetafieldsRefused,
  MUTATION_COST,
  NAMESPACE,
  readUserErrors,
  type MetafieldKey,
} from './metafields.ts';

export const DEFINE_METAFIELD = `mutation DefineMetafield($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    userErrors { field code }
  }
}`;

/**
 * Creates the definitions of the metafields, which show them to the merchant and to segments of customers. A
 * definition that exists stays. MERCHANT_READ: only the app writes them, and no other app reads them.
 * Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldDefinitionCreate,
 * shopify.dev/docs/apps/build/metafields/use-metafield-capabilities (adminFilterable).
 * @throws MetafieldsRefused; as ShopClient
 */
export async function defineMetafields(client: ShopClient): Promise<void> {
  for (const key of METAFIELD_KEYS) {
    const definition = {
      ...METAFIELDS[key],
      namespace: NAMESPACE,
      key,
      ownerType: 'CUSTOMER',
      type: 'single_line_text_field',
      access: { admin: 'MERCHANT_READ' },
      capabilities: { adminFilterable: { enabled: true } },
    };
    const { data } = await client.graphql({
      document: DEFINE_METAFIELD,
      variables: { definition },
      cost: MUTATION_COST,
      follows: true,
    });
    const [error] = readUserErrors(data.metafieldDefinitionCreate).filter(({ code }) => code !== 'TAKEN');
    if (error) throw new MetafieldsRefused(error.code);
  }
}

export const FIND_DEFINITION = `query FindDefinition($identifier: MetafieldDefinitionIdentifierInput!) {
  metafieldDefinition(identifier: $identifier) { key }
}`;

const identifierOf = (key: MetafieldKey) => ({ ownerType: 'CUSTOMER', namespace: NAMESPACE, key });

/**
 * Whether the shop has a definition of the metafields, and may have metafields with it. Reading needs no
 * write_customers.
 * Source: shopify.dev/docs/api/admin-graphql/latest/queries/metafieldDefinition.
 * @throws as ShopClient
 */
export async function hasMetafields(client: ShopClient): Promise<boolean> {
  for (const key of METAFIELD_KEYS) {
    const { data } = await client.graphql({
      document: FIND_DEFINITION,
      variables: { identifier: identifierOf(key) },
      cost: 1,
      follows: true,
    });
    if (data.metafieldDefinition === undefined)
      throw new UnusableAnswer('other_form', 'the reply has no metafieldDefinition');
    if (data.metafieldDefinition !== null) return true;
  }
  return false;
}

export const REMOVE_DEFINITION = `mutation RemoveDefinition($identifier: MetafieldDefinitionIdentifierInput!) {
  metafieldDefinitionDelete(identifier: $identifier, deleteAllAssociatedMetafields: true) {
    userErrors { field code }
  }
}`;

/**
 * Removes the definitions, and with them the metafields of all customers, which Shopify deletes after its
 * answer. A definition that does not exist is removed.
 * Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldDefinitionDelete.
 * @throws MetafieldsRefused; as ShopClient
 */
export async function removeMetafields(client: ShopClient): Promise<void> {
  for (const key of METAFIELD_KEYS) {
    const { data } = await client.graphql({
      document: REMOVE_DEFINITION,
      variables: { identifier: identifierOf(key) },
      cost: MUTATION_COST,
      follows: true,
    });
    const [error] = readUserErrors(data.metafieldDefinitionDelete).filter(({ code }) => code !== 'NOT_FOUND');
    if (error) throw new MetafieldsRefused(error.code);
  }
}
