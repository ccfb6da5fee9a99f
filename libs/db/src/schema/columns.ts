import { customType, timestamp } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** All times carry their zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true });
