import { and, gte, lt, sql } from 'drizzle-orm';
import type { CustomerId } from '@core/contracts';
import {
  build,
  columns,
  CUSTOMER,
  customers,
  NIL_UUID,
  instantOf,
  limit,
  pickParams,
  perShape,
  returning,
  statement,
  WRITE_POSITION_SQL,
  type Reader,
} from '@core/db';
import { customerBytes, keysetPage, rfc3339, selectUntilPageIsFull, type Pages } from '../core/index.ts';
import {
  CONDITION_NAMES,
  conditionsOf,
  FILTER_PARAMS,
  filterValues,
  identityOf,
  usedBy,
} from './list-customers-filter.ts';
import type { CustomerPage, ListCustomers } from './list-customers.ts';

export interface ListChangedCustomers extends ListCustomers {
  /** Inclusive; RFC 3339 with microseconds, which a Date would cut off. */
  updatedSince: string;
}

// Watermark: docs/glossary.md#database-and-processes.
/** The list's watermark and position, and the last row's change time and id. */
type ChangeKey = [watermark: string, position: string, ...place: [] | [changedAt: string, id: CustomerId]];

/** The nodes that a list of changes is read from. */
export interface ChangeReaders {
  /** Knows which writers are in progress. */
  primary: Reader;
  /** Any node that shows all writes up to the token. */
  atLeast(consistencyToken: string): Reader;
}

const PARAMS = {
  ...FILTER_PARAMS,
  since: instantOf,
  afterChange: instantOf,
  afterId: customers.id,
  until: instantOf,
  most: limit,
};

const PAGE = perShape([...CONDITION_NAMES, 'after'], (asked) => {
  const isNext = asked.includes('after');
  const conditions = asked.filter((name) => name !== 'after');
  const begin = isNext ? (['afterChange', 'afterId'] as const) : (['since'] as const);
  return statement({
    params: pickParams(PARAMS, ['merchantId', ...conditions, ...begin, 'until', 'most']),
    text(p) {
      const { merchantId, id, updatedAt } = customers;
      const shape = { ...CUSTOMER, changedAt: rfc3339(updatedAt) };
      const from = isNext
        ? sql`(${updatedAt}, ${id}) > (${p.afterChange}, ${p.afterId})`
        : gte(updatedAt, p.since);
      const rows = build
        .select(columns(shape))
        .from(customers)
        .where(and(...conditionsOf(conditions, p), from, lt(updatedAt, p.until)))
        .orderBy(merchantId, updatedAt, id)
        .limit(p.most);
      return selectUntilPageIsFull(shape, rows, {
        bytes: customerBytes,
        order: (row) => sql`${row.merchantId}, ${row.updatedAt}, ${row.id}`,
      });
    },
  });
});

/**
 * Returns one page of the customers changed since a time, in the order of their last change, up to the
 * watermark. The list's first page sets the watermark below the oldest writer in progress, and the later
 * pages keep it. A list therefore ends however much is written meanwhile, and contains each customer once.
 * The next list, from the watermark, returns later changes and those that slow writers have committed by then
 * (ADR 12).
 *
 * Watermark and position belong to the database that has the merchant, by design: both are kept for one
 * merchant only, and a position names the log that it is in.
 * @returns also the watermark, for the next list's updatedSince
 * @throws CoreError invalid_argument naming page_token
 */
export async function listChangedCustomers(
  readers: ChangeReaders,
  pages: Pages,
  input: ListChangedCustomers,
): Promise<CustomerPage & { watermark: string }> {
  const list = ['changed_customers', ...identityOf(input), input.updatedSince];
  const page = keysetPage<ChangeKey>(pages, list, input);
  const key: ChangeKey = page.after ?? (await endOf(readers.primary, input.updatedSince));
  const [watermark, position, afterChange, afterId] = key;

  const values = filterValues(input);
  const read = PAGE([...usedBy(values), ...(afterId ? ['after' as const] : [])]);
  const rows = await readers.atLeast(position).run(read, {
    ...values,
    since: input.updatedSince,
    afterChange: afterChange ?? '',
    afterId: afterId ?? NIL_UUID,
    until: watermark,
    most: page.most,
  });
  const { rows: customers, nextPageToken } = page.cut(rows, ({ changedAt, id }) => [
    watermark,
    position,
    changedAt,
    id,
  ]);
  return { customers, nextPageToken, watermark };
}

const COMPLETE_UNTIL = statement({
  params: { since: instantOf },
  text: (p) =>
    returning(
      { watermark: rfc3339(sql`greatest(customer_changes_complete_until(), ${p.since})`) },
      (row) => sql`select ${row}`,
    ),
});

/**
 * Returns the watermark, never earlier than `since`, and a log position after everything written before the
 * watermark. Two statements, because the second must follow the first: the commit of a writer that had
 * finished at the first one is in the log by the second.
 */
async function endOf(primary: Reader, since: string): Promise<[watermark: string, position: string]> {
  const [until] = await primary.run(COMPLETE_UNTIL, { since });
  const [log] = await primary.query<{ token: string }>(WRITE_POSITION_SQL);
  if (!until || !log) throw new Error('the primary returned no watermark or log position');
  return [until.watermark, log.token];
}
