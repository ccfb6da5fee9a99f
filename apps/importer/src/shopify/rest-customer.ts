import { gidOf, type ImportedCustomer } from '@core/domain';
import { orUnreadable } from './imported.ts';

/** A customer as the fields of REST_FIELDS give one. */
export interface RestCustomer {
  id: number;
  email: string | null;
  orders_count: number;
  total_spent: string;
  /** Joined by commas. */
  tags: string;
  state: string;
  /** With the shop's offset. */
  created_at: string;
  updated_at: string;
}

export const REST_FIELDS = 'id,email,orders_count,total_spent,tags,state,created_at,updated_at';

/**
 * @param currency the shop's, in which total_spent is: `currency` of a REST customer is that of the last order
 *   (shopify.dev/docs/api/admin-rest/latest/resources/customer)
 */
export const fromRest = (customer: RestCustomer, currency: string): ImportedCustomer =>
  orUnreadable(gidOf(customer.id), () => ({
    gid: gidOf(customer.id),
    email: customer.email,
    orders: customer.orders_count,
    amount: customer.total_spent,
    currency,
    tags: customer.tags.split(','),
    state: customer.state,
    createdAt: customer.created_at,
    updatedAt: customer.updated_at,
  }));
