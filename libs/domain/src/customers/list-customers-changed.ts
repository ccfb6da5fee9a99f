import { CUSTOMER_COLUMNS, WRITE_POSITION_SQL, type CustomerRow, type Reader } from '@core/db';
import { CUSTOMER_BYTES, cutPage, untilPageIsFull, type PageTokens, type Sized } from '../core/index.ts';
import { conditionsOf, identityOf, sizeOfPage } from './list-customers-filter.ts';
import type { CustomerPage, ListCustomers } from './list-customers.ts';

export interface ListChangedCustomers extends ListCustomers {
  /** At this time or later; RFC 3339 with microseconds, which a Date would cut off. */
  updatedSince: string;
}

/** Where a list of changes is read. */
export interface ChangeReaders {
  /** Knows which writers are under way. */
  primary: Reader;
  /** Any node that shows what was written up to the token. */
  atLeast(consistencyToken: string): Reader;
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/**
 * One page of the customers that have changed since, in the order of their last change, up to the watermark:
 * the list's first page sets it below the oldest writer under way, and the others keep it. So a list ends
 * however much is written meanwhile, has each customer once, and the next one, from the watermark, brings what
 * has changed since and what slow writers have committed (ADR 12).
 * @returns also the watermark, for the next list's updatedSince
 * @throws CoreError invalid_argument naming page_token
 */
export async function listChangedCustomers(
  readers: ChangeReaders,
  tokens: PageTokens,
  input: ListChangedCustomers,
): Promise<CustomerPage & { watermark: string }> {
  const list = ['changed_customers', ...identityOf(input), input.updatedSince];
  const key = tokens.read(input.pageToken, list);
  const [watermark = '', position = '', ...after] = key ?? (await endOf(readers.primary, input.updatedSince));
  const size = sizeOfPage(input.pageSize);

  const values: unknown[] = [];
  const p = (value: unknown) => `$${values.push(value)}`;
  const [changedAt, id] = after;
  const where = [
    ...conditionsOf(input, p),
    changedAt
      ? `(updated_at, id) > (${p(changedAt)}::timestamptz, ${p(id)}::uuid)`
      : `updated_at >= ${p(input.updatedSince)}::timestamptz`,
    `updated_at < ${p(watermark)}::timestamptz`,
  ];
  const rows = await readers.atLeast(position).query<CustomerRow & Sized & { changedAt: string }>(
    untilPageIsFull(
      `select ${CUSTOMER_COLUMNS}, to_char(updated_at at time zone 'UTC', ${INSTANT}) as "changedAt"
         from customers
        where ${where.join(' and ')}
        order by merchant_id, updated_at, id limit ${p(size + 1)}`,
      CUSTOMER_BYTES,
      '"merchantId", "updatedAt", id',
    ),
    values,
  );
  const { page, more } = cutPage(rows, size);
  const last = more ? page.at(-1) : undefined;
  return {
    customers: page,
    nextPageToken: last ? tokens.make(list, [watermark, position, last.changedAt, last.id]) : '',
    watermark,
  };
}

/**
 * The watermark, never before `since`, and a place in the log that lies behind all that was written before it.
 * Two statements, because the second must follow the first: a writer that had ended at the first look has its
 * commit in the log by then.
 */
async function endOf(primary: Reader, since: string): Promise<[watermark: string, position: string]> {
  const [until] = await primary.query<{ watermark: string }>(
    `select to_char(greatest(customer_changes_complete_until(), $1) at time zone 'UTC', ${INSTANT}) as watermark`,
    [since],
  );
  const [log] = await primary.query<{ token: string }>(WRITE_POSITION_SQL);
  if (!until || !log) throw new Error('the primary did not say how far its writers are');
  return [until.watermark, log.token];
}
