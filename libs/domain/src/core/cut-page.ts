import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import {
  columns,
  relation,
  returning,
  type CUSTOMER,
  type Relation,
  type Returning,
  type Shape,
} from '@core/db';

/**
 * A customer has up to 64 KiB of metadata, so a page of a thousand rows has up to 64 MB. A page ends by rows
 * or by bytes, whichever comes first. A list of digits, such as [1, 1, 1], makes the largest reply for its
 * stored bytes: protobuf needs 11 bytes where PostgreSQL writes 3. The limit of 768 KiB of text allows a
 * reply of 2.8 MiB, and a thousand rows add at most 0.75 MiB of ids, times, scores and emails. The largest
 * reply has 4 MiB.
 */
const UNIT_BYTES = 256;
const MAX_UNITS = (768 * 1024) / UNIT_BYTES;

/**
 * The size in bytes of a customer's two large fields. A score is always small, and writing it as text costs
 * more than everything else in a small row.
 */
export const customerBytes = ({
  externalId,
  metadata,
}: Relation<Pick<typeof CUSTOMER, 'externalId' | 'metadata'>>): SQL =>
  sql`coalesce(octet_length(${externalId}), 0) + coalesce(octet_length(${metadata}::text), 0)`;

/** Units that a row adds to its page beyond the first one. */
export interface Sized {
  units: number;
}

/**
 * Builds the statement that reads the given rows until they exceed the bytes of a page. Each row is repeated
 * once for each unit of its size, and LIMIT counts the units: PostgreSQL reads no row after the one that
 * fills the page.
 *
 * Rejected:
 * - a window with a running sum: it unpacks all rows of the page before it drops any, so a list of large rows
 *   costs up to 60 times as much
 * - steps of a few rows: they make several statements of one
 * - generate_series as a joined table: it costs a page of small rows a fifth more
 *
 * Without `offset 0` the planner would measure a row once for each of its units. Without the inner `order by`
 * it would sort rows again that already come in order.
 *
 * @param shape the columns that `rows` selects
 * @param rows sorted if they have a limit
 * @param bytes the size of a row; never null
 * @param order the order of `rows`
 */
export function selectUntilPageIsFull<const S extends Shape>(
  shape: S,
  rows: SQLWrapper,
  { bytes, order }: Record<'bytes' | 'order', (row: Relation<S>) => SQL>,
): Returning<S & { units: SQL<number> }> {
  // The row has one name at all three levels, so that the order is the same text.
  const row = relation('row', shape);
  const by = order(row);
  const units = sql<number>`units`;
  return returning(
    { ...shape, units },
    () => sql`
    select ${columns({ ...row, units } as Shape)} from (
      select ${row}.*, generate_series(0, ${units}) as unit
        from (select ${row}.*, least((${bytes(row)}) / ${UNIT_BYTES}, ${MAX_UNITS - 1}) as units
                from (${rows.getSQL()}) as ${row}
               order by ${by} offset 0) as ${row}
       order by ${by} limit ${MAX_UNITS + 1}) as ${row}
     where unit = 0 order by ${by}`,
  );
}

/**
 * Cuts rows to a page: at least one row, at most as many as fit. The size of a row is capped to the size of a
 * page, so the first row that does not fit is always read, and shows that another page follows.
 * @param rows rows of selectUntilPageIsFull, or rows so small that only their number counts
 */
export function cutPage<R extends object>(rows: readonly (R & Partial<Sized>)[], most: number): R[] {
  let units = 0;
  let length = 0;
  for (const row of rows.slice(0, most)) {
    units += row.units === undefined ? 0 : row.units + 1;
    if (length > 0 && units > MAX_UNITS) break;
    length++;
  }
  return rows.slice(0, length);
}
