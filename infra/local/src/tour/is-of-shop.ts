import { sql, type SQL } from 'drizzle-orm';
import { customers, many, nullable } from '@core/db';

/** External ids of the shop's customers; null when they are unknown. */
export const EXTERNAL_IDS = nullable(many(customers.externalId));

/** Whether the customer belongs to the shop. With unknown ids, every customer with an external id does. */
export const isOfShop = (externalIds: SQL): SQL =>
  sql`${customers.externalId} = any(coalesce(${externalIds}, array[${customers.externalId}]))`;
