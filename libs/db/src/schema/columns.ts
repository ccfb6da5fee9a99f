import { customType, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { CustomerId, ImportId, MerchantId } from '@core/contracts';

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** All times carry their zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true });

/** A transaction's id, which never wraps around. A string: it may exceed what a number holds exactly. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/** PostgreSQL gives the canonical form, and a statement must compare it with the canonical form. */
export const merchantId = () => uuid('merchant_id').$type<MerchantId>();
export const customerId = (name = 'customer_id') => uuid(name).$type<CustomerId>();
export const importId = (name = 'import_id') => uuid(name).$type<ImportId>();
