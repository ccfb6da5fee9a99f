import { sql, type SQL } from 'drizzle-orm';
import { auditLog, columns, relation, unnest } from '@core/db';

export interface AuditIds {
  merchant: string;
  customers: string;
  /** Null: from the newest row. */
  before: string;
  /** Null: without a limit. */
  most: string;
}

/**
 * SQL for the ids of the audit rows that name one of the customers, alone or among others: of each customer the
 * newest `most` before the row `before`. A row that names several of the customers comes several times.
 *
 * Both kinds of rows are found by an index of their own, customer by customer: with `customer_id = any(...)`
 * PostgreSQL would read all rows of a customer to sort them. The rows that name several customers come from a
 * function, because row-level security does not let the api use their index (migration 0018). It reads each of
 * those that name the customer and sorts them, 0.6 us for a row; ordered by id this index cannot be.
 * @param params placeholders of the values: uuid, uuid[], uuid and an integer
 */
export const auditIdsOf = ({ merchant, customers, before, most }: AuditIds): string => `
  select named.id
    from unnest(${customers}::uuid[]) customer
    cross join lateral (
      (select id from audit_log
        where merchant_id = ${merchant} and customer_id = customer and (${before}::uuid is null or id < ${before})
        order by id desc limit ${most}::int)
      union all
      select id from list_shared_audit(${merchant}, customer, ${before}, ${most}::int)) named`;

/** The same against the schema. @param p parameters, or constants with their type */
export function auditIds(p: Record<'merchantId' | 'customerIds' | 'before' | 'most', SQL>): SQL {
  const row = { id: auditLog.id };
  const customer = unnest('customer', { id: p.customerIds });
  const named = relation('named', row);
  const shared = relation('shared', row);
  return sql`
    select ${columns({ id: named.id })}
      from ${customer}
      cross join lateral (
        (select ${columns(row)} from ${auditLog}
          where ${auditLog.merchantId} = ${p.merchantId} and ${auditLog.customerId} = ${customer.id}
            and (${p.before} is null or ${auditLog.id} < ${p.before})
          order by ${auditLog.id} desc limit ${p.most})
        union all
        select ${columns({ id: shared.id })}
          from list_shared_audit(${p.merchantId}, ${customer.id}, ${p.before}, ${p.most}) as ${shared}) as ${named}`;
}
