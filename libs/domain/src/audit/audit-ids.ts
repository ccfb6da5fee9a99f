import { sql, type SQL } from 'drizzle-orm';
import { auditLog, columns, relation, unnest } from '@core/db';

/**
 * A query of the ids of the audit rows that name one of the customers, alone or among others: for each
 * customer the newest `most` before the row `before`. A row that names several of the customers comes several
 * times.
 *
 * Each kind of rows is found by an index of its own, customer by customer: with `customer_id = any(...)`
 * PostgreSQL would read all rows of a customer to sort them. The rows that name several customers come from a
 * function, because row-level security does not let the api use their index (list_shared_audit). It reads and
 * sorts all that name the customer, 0.6 us a row, because this index cannot be ordered by id.
 * @param p parameters, or constants with their type: `before` null is from the newest row, `most` null
 *   without a limit
 */
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
