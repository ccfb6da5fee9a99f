import { gidOf } from '@core/contracts';
import { UnusableAnswer } from '../answers/errors.ts';

/**
 * The namespace that Shopify reserves for the app: no other app and no merchant can write there.
 * Source: shopify.dev/docs/apps/build/custom-data/ownership.
 */
export const NAMESPACE = '$app';

/** The keys of a customer's metafields, with their names in the admin. */
export const METAFIELDS = {
  rfm_segment: { name: 'RFM segment', description: 'The segment of the customer, such as Champions.' },
  rfm_score: {
    name: 'RFM score',
    description: 'Recency, frequency and monetary value, each from 1 to 5, such as 545.',
  },
} as const;

export type MetafieldKey = keyof typeof METAFIELDS;
export const METAFIELD_KEYS = Object.keys(METAFIELDS) as MetafieldKey[];

/** The points of any mutation. Source: shopify.dev/docs/api/usage/limits (calculated query cost). */
export const MUTATION_COST = 10;

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsSet ("a maximum of 25"). */
export const MAX_METAFIELDS = 25;

/** Identifies a metafield of a customer by the number in its gid. */
export const metafieldOf = (shopCustomer: string, key: MetafieldKey) => ({
  ownerId: gidOf(shopCustomer),
  namespace: NAMESPACE,
  key,
});

/** An error of a mutation about its input. The message is not repeated: it may quote a value. */
export interface UserError {
  field: string[];
  code: string;
  /** The position of the input that caused it; null: not told. */
  element: number | null;
}

/** Reads the userErrors of a payload. */
export function readUserErrors(payload: unknown): UserError[] {
  const { userErrors } = (payload ?? {}) as { userErrors?: unknown };
  if (!Array.isArray(userErrors)) throw new UnusableAnswer('other_form', 'the reply has no userErrors');
  return userErrors.map((each: { field?: unknown; code?: unknown; elementIndex?: unknown }) => ({
    field: Array.isArray(each.field) ? each.field.map(String) : [],
    code: typeof each.code === 'string' && /^[A-Z_]{1,64}$/.test(each.code) ? each.code : 'NO_CODE',
    element: typeof each.elementIndex === 'number' ? each.elementIndex : null,
  }));
}

/** Shopify does not accept metafields at all, whichever customer they are of. */
export class MetafieldsRefused extends Error {
  override name = 'MetafieldsRefused';
  /** Shopify's code. */
  readonly code: string;

  constructor(code: string) {
    super(`Shopify refused the metafields of segments (${code})`);
    this.code = code;
  }
}
