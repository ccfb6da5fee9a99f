import { sql, type Column, type SQL } from 'drizzle-orm';
import { customers } from '@core/db';

/**
 * SQL expression for the number in a customer's external id, which the driver returns as text; null for an id
 * of another source. No regular expression: it runs for every customer of the merchant, and matching costs
 * more than the rest of the comparison.
 * @param customers the table, or an alias of it
 */
export function customerNumber({ externalId }: { externalId: Column } = customers): SQL<string | null> {
  const number = sql`right(${externalId}, -23)`;
  return sql`case when starts_with(${externalId}, 'gid://shopify/Customer/')
                   and length(${externalId}) between 24 and 41
                   and ltrim(${number}, '0123456789') = ''
                  then ${number}::bigint end`;
}
