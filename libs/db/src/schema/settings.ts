import { sql } from 'drizzle-orm';
import { integer, jsonb, pgTable, uuid } from 'drizzle-orm/pg-core';
import { instant, merchantId } from './columns.ts';

export const programSettings = pgTable('program_settings', {
  id: uuid('id')
    .notNull()
    .default(sql`uuidv7()`),
  merchantId: merchantId().primaryKey(),
  /** JSON of core.v1.RfmThresholds with snake_case names. */
  rfmThresholds: jsonb('rfm_thresholds').$type<Record<string, unknown>>().notNull(),
  /** Rises by one with every change; serves as the etag. */
  configVersion: integer('config_version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
