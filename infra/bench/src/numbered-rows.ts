import { sql, type SQL } from 'drizzle-orm';
import { relation } from '@core/db';

/** The column with the id of row k, see fromNumbered. */
export const numbered = relation('numbered', { id: sql<string>`` });

/** Returns a FROM clause with rows k. Their ids start like `firstId` and end with k in hexadecimal. */
export const fromNumbered = ({ from, to, firstId }: Record<'from' | 'to' | 'firstId', SQL>): SQL => sql`
      from generate_series(${from}, ${to}) as k,
           lateral (select (left(${firstId}, 24) || lpad(to_hex(k), 12, '0'))::uuid as ${sql.identifier('id')}) as numbered`;
