import type { ImportedCustomer } from '@core/domain';
import { orUnreadable } from './imported.ts';

/** A customer as CUSTOMER_FIELDS of the GraphQL API ask for one. */
export interface CustomerNode {
  id: string;
  defaultEmailAddress: { emailAddress: string } | null;
  /** UnsignedInt64, as a string. */
  numberOfOrders: string;
  amountSpent: { amount: string; currencyCode: string };
  tags: string[];
  state: string;
  createdAt: string;
  updatedAt: string;
}

/** Of the type Customer; spelt out in each document, for bulk queries are safest without fragments. */
export const CUSTOMER_FIELDS = `id
      defaultEmailAddress { emailAddress }
      numberOfOrders
      amountSpent { amount currencyCode }
      tags
      state
      createdAt
      updatedAt`;

export const toImported = (node: CustomerNode): ImportedCustomer =>
  orUnreadable(node.id, () => ({
    gid: node.id,
    email: node.defaultEmailAddress?.emailAddress ?? null,
    orders: node.numberOfOrders,
    amount: node.amountSpent.amount,
    currency: node.amountSpent.currencyCode,
    tags: node.tags,
    state: node.state,
    createdAt: node.createdAt,
    updatedAt: node.updatedAt,
  }));
