import { FIRST_UUID, type Reader } from '@core/db';

/** Whose events are sent again. What is absent does not narrow. */
export interface ReplaySelection {
  merchantId?: string | undefined;
  customerIds?: readonly string[] | undefined;
  /** Last changed at this time or later; RFC 3339, as PostgreSQL reads it. */
  since?: string | undefined;
  /**
   * Last changed before; the time when the replay begins, or earlier. Who changes after it has an event of that
   * change anyway, and without it the replay of a busy merchant would chase its writers without end.
   */
  until: string;
}

/** The last customer of a page, in the order of the pages. */
export interface ReplayCursor {
  merchantId: string;
  /** With microseconds. */
  updatedAt: string;
  customerId: string;
}

/**
 * The keys of a page in the order of an index, (merchant, last change, id), over all merchants or one. By the
 * change rather than by the id alone: of a range in time each page reads its own rows then, and not the whole
 * table. Who changes between two pages moves behind `until`, and has its own event.
 */
export const selectPage = (
  reader: Reader,
  selection: ReplaySelection,
  after: ReplayCursor | undefined,
  limit: number,
): Promise<ReplayCursor[]> => {
  const { where, values } = conditionsOf(selection);
  const p = (value: unknown) => `$${values.push(value)}`;
  return reader.query<ReplayCursor>(
    `select merchant_id as "merchantId", id as "customerId",
            to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "updatedAt"
       from customers
      where ${where}
        and (merchant_id, updated_at, id) >
            (${p(after?.merchantId ?? FIRST_UUID)}::uuid, ${p(after?.updatedAt ?? '-infinity')}::timestamptz,
             ${p(after?.customerId ?? FIRST_UUID)}::uuid)
      order by merchant_id, updated_at, id limit ${p(limit)}`,
    values,
  );
};

/** How many customers a replay would send again, now. */
export async function countReplay(reader: Reader, selection: ReplaySelection): Promise<number> {
  const { where, values } = conditionsOf(selection);
  const [row] = await reader.query<{ n: string }>(
    `select count(*) as n from customers where ${where}`,
    values,
  );
  return Number(row?.n);
}

/** The merchant as an array of one, which keeps it in ORDER BY and so the pages in the index; see conditionsOf of lists. */
function conditionsOf({ merchantId, customerIds, since, until }: ReplaySelection) {
  const values: unknown[] = [since ?? '-infinity', until];
  const where = ['updated_at >= $1::timestamptz', 'updated_at < $2::timestamptz'];
  if (merchantId) where.push(`merchant_id = any($${values.push([merchantId])}::uuid[])`);
  if (customerIds) where.push(`id = any($${values.push(customerIds)}::uuid[])`);
  return { where: where.join(' and '), values };
}
