import { and, isNull, type SQL } from 'drizzle-orm';
import { customers } from '../schema/index.ts';

/** Rows that exist for a caller. @param of the table, or an alias of it */
export const isLive = (of: Pick<typeof customers, 'deletedAt' | 'erasedAt'> = customers): SQL | undefined =>
  and(isNull(of.deletedAt), isNull(of.erasedAt));
