import { mapReported, readCustomer, type ReadCustomer, type Reported } from '../shop-customer.ts';

/** A customer as returned for REST_FIELDS and EMAIL_FIELD. */
export interface RestCustomer {
  id: number;
  email?: Reported<string>;
  orders_count?: Reported<number>;
  total_spent?: Reported<string>;
  /** Comma-separated. */
  tags?: Reported<string>;
  state?: Reported<string>;
  /** In the shop's time zone offset. */
  created_at?: Reported<string>;
  updated_at?: Reported<string>;
}

/** Shopify returns null in it to an app without level 2 of protected customer data. */
export const EMAIL_FIELD = 'email';
export const REST_FIELDS = 'id,orders_count,total_spent,tags,state,created_at,updated_at';

/**
 * @param currency the shop's currency, in which total_spent is stated: `currency` of a REST customer is the
 *   currency of the last order (shopify.dev/docs/api/admin-rest/latest/resources/customer)
 * @param withEmail whether emails were requested, and a null is true
 */
export const readRow = (row: RestCustomer | null, currency: string, withEmail: boolean): ReadCustomer =>
  readCustomer(row?.id, () => {
    if (row === null) throw new TypeError('no row');
    return {
      email: withEmail ? row.email : undefined,
      orders: row.orders_count,
      spent: mapReported(row.total_spent, (amount) => ({ amount, currency })),
      tags: mapReported(row.tags, (tags) => tags.split(',')),
      state: row.state,
      rfmGroup: undefined,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  });
