import type { ShopClient } from '../client/shop-client.ts';
import { halves } from './halves.ts';
import {
  metafieldOf,
  MetafieldsRefused,
  MUTATION_COST,
  readUserErrors,
  type MetafieldKey,
  type UserError,
} from './metafields.ts';

/** The metafields to set of one customer. */
export interface CustomerMetafields {
  /** The number in gid://shopify/Customer/7. */
  shopCustomer: string;
  values: Partial<Record<MetafieldKey, string>>;
}

export const SET_METAFIELDS = `mutation SetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    userErrors { field code elementIndex }
  }
}`;

/**
 * Sets metafields of several customers, at most MAX_METAFIELDS, in one call. The call is atomic: if Shopify
 * refuses a customer, such as one who was deleted, it sets nothing, and the others are sent again without
 * that customer.
 *
 * No type is sent. Shopify then requires the definition, and a call that arrives after the definition was
 * removed leaves no metafield behind.
 * Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsSet.
 * @returns Shopify's code for each refused customer, by its number
 * @throws MetafieldsRefused; as ShopClient
 */
export async function setMetafields(
  client: ShopClient,
  customers: readonly CustomerMetafields[],
): Promise<Map<string, string>> {
  if (customers.length === 0) return new Map();
  const inputs = customers.flatMap(({ shopCustomer, values }) =>
    Object.entries(values).map(([key, value]) => ({
      shopCustomer,
      metafield: { ...metafieldOf(shopCustomer, key as MetafieldKey), value },
    })),
  );
  const { data } = await client.graphql({
    document: SET_METAFIELDS,
    variables: { metafields: inputs.map(({ metafield }) => metafield) },
    cost: MUTATION_COST,
    follows: true,
  });
  const errors = readUserErrors(data.metafieldsSet);
  if (errors.length === 0) return new Map();
  const ofAll = errors.find(isOfAll);
  if (ofAll) throw new MetafieldsRefused(ofAll.code);

  const refused = new Map<string, string>();
  for (const { element, code } of errors) {
    const input = element === null ? undefined : inputs[element];
    if (input) refused.set(input.shopCustomer, code);
  }
  const [only] = customers;
  if (refused.size === 0 && only && customers.length === 1)
    return new Map([[only.shopCustomer, errors[0]?.code ?? 'NO_CODE']]);
  // An error that names no customer: which one it is about shows in smaller calls.
  const rest =
    refused.size > 0
      ? [customers.filter(({ shopCustomer }) => !refused.has(shopCustomer))]
      : halves(customers);
  for (const some of rest)
    for (const [shopCustomer, code] of await setMetafields(client, some)) refused.set(shopCustomer, code);
  return refused;
}

/** The errors that are about the app or the definition, and not about a customer. */
const OF_ALL = new Set(['APP_NOT_AUTHORIZED', 'INTERNAL_ERROR', 'INVALID_TYPE', 'CAPABILITY_VIOLATION']);

const isOfAll = ({ field, code }: UserError): boolean =>
  OF_ALL.has(code) || ['type', 'namespace', 'key'].includes(field.at(-1) ?? '');
