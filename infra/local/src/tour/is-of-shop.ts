import { sql, type SQL } from 'drizzle-orm';
import { customers, many, nullable } from '@core/db';

/** External ids of the shop's customers; null where nobody knows them. */
export const EXTERNAL_IDS = nullable(many(customers.externalId));

/** Whether the customer is one of the shop; for an unknown shop, any customer with an external id is. */
export const isOfShop = (externalIds: SQL): SQL =>
  sql`${customers.externalId} = any(coalesce(${externalIds}, array[${customers.externalId}]))`;
