import { sql, type SQL } from 'drizzle-orm';
import { auditLog, columns, relation, unnest } from '@core/db';

/**
 * Query for the ids of the audit rows that name one of the customers, alone or among others: for each
 * customer the newest `most` rows before the row `before`. A row that names several of the customers is
 * returned several times.
 *
 * Each kind of row is found by its own index, customer by customer: with `customer_id = any(...)` PostgreSQL
 * would read all rows of a customer to sort them. The rows that name several customers come from a function
 * (list_shared_audit), because row-level security does not let the api use their index. The function reads
 * and sorts all rows that name the customer, 0.6 us a row, because this index cannot be ordered by id.
 * @param p parameters, or constants with their type: a null `before` starts at the newest row, a null `most`
 * is no limit
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
