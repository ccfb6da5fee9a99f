import {
  mapReported,
  NO_EMAIL,
  NO_GROUP,
  numberOf,
  readCustomer,
  type ReadCustomer,
  type Reported,
} from '../shop-customer.ts';

/**
 * A customer as returned for CUSTOMER_FIELDS and EMAIL_FIELD. Only the email and the group are nullable in
 * Shopify's schema.
 */
export interface CustomerNode {
  id: string;
  defaultEmailAddress?: Reported<{ emailAddress: string }>;
  /** UnsignedInt64, as a string. */
  numberOfOrders?: Reported<string>;
  amountSpent?: Reported<{ amount: string; currencyCode: string }>;
  tags?: Reported<string[]>;
  state?: Reported<string>;
  /** The group is null until Shopify has computed it. */
  statistics?: Reported<{ rfmGroup: string | null }>;
  createdAt?: Reported<string>;
  updatedAt?: Reported<string>;
}

/** The field that Shopify refuses to an app without level 2 of protected customer data. */
export const EMAIL_FIELD = 'defaultEmailAddress { emailAddress }';

/** Fields of the type Customer. Each document spells them out: bulk queries are safest without fragments. */
export const CUSTOMER_FIELDS = `id
      numberOfOrders
      amountSpent { amount currencyCode }
      tags
      state
      statistics { rfmGroup }
      createdAt
      updatedAt`;

export const emailOf = (node: CustomerNode | null): Reported<string> =>
  mapReported(node?.defaultEmailAddress, ({ emailAddress }) => emailAddress ?? NO_EMAIL);

export const readNode = (node: CustomerNode | null): ReadCustomer =>
  readCustomer(node?.id, () => {
    if (node === null) throw new TypeError('no node');
    return {
      email: emailOf(node),
      orders: node.numberOfOrders,
      spent: mapReported(node.amountSpent, ({ amount, currencyCode }) => ({
        amount,
        currency: currencyCode,
      })),
      tags: node.tags,
      state: node.state,
      rfmGroup: mapReported(node.statistics, ({ rfmGroup }) =>
        rfmGroup === undefined ? NO_GROUP : rfmGroup,
      ),
      createdAt: node.createdAt,
      updatedAt: node.updatedAt,
    };
  });

/**
 * Returns the customers of a page and the numbers of all valid ids.
 * @param idsOnly only ids were requested
 */
export function readNodes(
  nodes: readonly (CustomerNode | null)[],
  idsOnly: boolean,
): { customers: ReadCustomer['customer'][]; ids: number[] } {
  if (idsOnly) return { customers: [], ids: nodes.flatMap((node) => numberOf(node?.id) ?? []) };
  const read = nodes.map(readNode);
  return { customers: read.map(({ customer }) => customer), ids: read.flatMap(({ id }) => id ?? []) };
}
