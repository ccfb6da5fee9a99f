/**
 * A customer has up to 64 KiB of metadata, so a page of a thousand rows has up to 64 MB. A page ends by rows
 * or by bytes, whichever comes first. A list of digits, such as [1, 1, 1], makes the largest reply for its
 * stored bytes: protobuf needs 11 bytes where PostgreSQL writes 3. The limit of 768 KiB of text allows a
 * reply of 2.8 MiB, and a thousand rows add at most half a MiB of ids, times and emails. The largest reply has
 * 4 MiB.
 */
const UNIT_BYTES = 256;
const MOST_UNITS = (768 * 1024) / UNIT_BYTES;

/** SQL for the bytes of a row of CUSTOMER_COLUMNS. */
export const CUSTOMER_BYTES = 'octet_length(concat("externalId", "rfmScore", metadata))';

/** Units that a row adds to its page beyond the first one. */
export interface Sized {
  units: number;
}

/**
 * The statement that reads the given rows until they exceed the bytes of a page. Each row is repeated
 * once for each unit of its size, and LIMIT counts the units: PostgreSQL reads no row after the one that
 * fills the page. Rejected: a window with a running sum, which unpacks all rows of the page before it drops
 * any, so a list of large rows costs up to 60 times as much; and steps of a few rows, which make several
 * statements of one. The planner would measure a row once for each of its units without `offset 0`.
 *
 * @param rows a statement of rows in order
 * @param bytes SQL for the bytes of a row, by the names of its columns
 * @param order the same order, by these names
 */
export const untilPageIsFull = (rows: string, bytes: string, order: string): string => `
  select * from (
    select row.*, size.units, unit
      from (${rows}) row
      cross join lateral (
        select least(${bytes} / ${UNIT_BYTES}, ${MOST_UNITS - 1}) as units
        offset 0) size
      cross join lateral generate_series(0, size.units) unit
     order by ${order} limit ${MOST_UNITS + 1}) read
   where unit = 0 order by ${order}`;

/**
 * The rows of a page: at least one, and no more than fit. The size of a row is capped to the size of a page,
 * so the first row that does not fit is always read, and shows that another page follows.
 * @param rows of untilPageIsFull, up to one more than `most`
 */
export function cutPage<R extends Sized>(rows: readonly R[], most: number): { page: R[]; more: boolean } {
  let units = 0;
  let length = 0;
  for (const row of rows.slice(0, most)) {
    units += row.units + 1;
    if (length > 0 && units > MOST_UNITS) break;
    length++;
  }
  return { page: rows.slice(0, length), more: rows.length > length };
}
