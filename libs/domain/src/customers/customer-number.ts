import { sql, type Column, type SQL } from 'drizzle-orm';
import { customers } from '@core/db';

/**
 * SQL of the number in the external id of a customer `c`; null for one of another source. No regular expression: it is
 * asked of every customer of the merchant, and matching one costs more than all the rest of the comparison.
 */
export const CUSTOMER_NUMBER = `case when starts_with(c.external_id, 'gid://shopify/Customer/')
                         and length(c.external_id) between 24 and 41
                         and ltrim(right(c.external_id, -23), '0123456789') = ''
                    then right(c.external_id, -23)::bigint end`;

/** The same against the schema. @param of the table, or an alias of it; the driver gives a bigint as a text */
export function customerNumber({ externalId }: { externalId: Column } = customers): SQL<string | null> {
  const number = sql`right(${externalId}, -23)`;
  return sql`case when starts_with(${externalId}, 'gid://shopify/Customer/')
                   and length(${externalId}) between 24 and 41
                   and ltrim(${number}, '0123456789') = ''
                  then ${number}::bigint end`;
}
