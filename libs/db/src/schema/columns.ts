import { customType, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { CustomerId, ImportId, MerchantId } from '@core/contracts';

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** A time with its zone, as all times are stored. */
export const instant = (name: string) => timestamp(name, { withTimezone: true });

/**
 * A transaction id that never wraps around. It is a string, because it may exceed what a number holds
 * exactly.
 */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/**
 * PostgreSQL returns the canonical form of a uuid, and a statement must compare it with the canonical form.
 */
export const merchantId = () => uuid('merchant_id').$type<MerchantId>();
export const customerId = (name = 'customer_id') => uuid(name).$type<CustomerId>();
export const importId = (name = 'import_id') => uuid(name).$type<ImportId>();
