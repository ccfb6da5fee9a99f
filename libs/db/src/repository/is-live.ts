import { and, isNull, type Column, type SQL } from 'drizzle-orm';
import { customers } from '../schema/index.ts';

/**
 * Condition for rows that exist for a caller: not deleted and not erased. @param of the table, or an alias of
 * it
 */
export const isLive = (of: { deletedAt: Column; erasedAt: Column } = customers): SQL | undefined =>
  and(isNull(of.deletedAt), isNull(of.erasedAt));
