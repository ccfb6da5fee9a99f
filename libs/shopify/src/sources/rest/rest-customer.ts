import { ifSaid, readCustomer, type ReadCustomer, type Said } from '../shop-customer.ts';

/** A customer as the fields of REST_FIELDS give one. */
export interface RestCustomer {
  id: number;
  email?: Said<string>;
  orders_count?: Said<number>;
  total_spent?: Said<string>;
  /** Joined by commas. */
  tags?: Said<string>;
  state?: Said<string>;
  /** With the shop's offset. */
  created_at?: Said<string>;
  updated_at?: Said<string>;
}

export const REST_FIELDS = 'id,email,orders_count,total_spent,tags,state,created_at,updated_at';

/**
 * @param currency the shop's, in which total_spent is: `currency` of a REST customer is that of the last order
 *   (shopify.dev/docs/api/admin-rest/latest/resources/customer)
 */
export const readRow = (row: RestCustomer | null, currency: string): ReadCustomer =>
  readCustomer(row?.id, () => {
    if (row === null) throw new TypeError('no row');
    return {
      email: row.email,
      orders: row.orders_count,
      spent: ifSaid(row.total_spent, (amount) => ({ amount, currency })),
      tags: ifSaid(row.tags, (tags) => tags.split(',')),
      state: row.state,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  });
