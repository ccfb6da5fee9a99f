import { CUSTOMER_COLUMNS, LIVE, type CustomerRow, type Reader } from '@core/db';
import { pageToken, readPageToken, UUID_KEY } from './page-token.ts';

/** Inclusive; zero or absent is no bound. */
export interface ScoreRange {
  min: number;
  max: number;
}

export interface ListCustomers {
  merchantId: string;
  /** Exact name; empty: any. A range leaves out customers without a score. */
  segment?: string | undefined;
  recency?: ScoreRange | undefined;
  frequency?: ScoreRange | undefined;
  monetary?: ScoreRange | undefined;
  /** Pages then come in the order of the last change, oldest first. */
  updatedSince?: Date | undefined;
  /** 1-1,000; 0 is 100. */
  pageSize: number;
  pageToken: string;
}

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1_000;

// Microseconds: a Date would cut them off, and the next page would begin with rows of this one.
const INSTANT_KEY = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const INSTANT_SQL = `to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

type Row = CustomerRow & { changedAt: string };

/**
 * One page of a merchant's customers, by id, or by (updated_at, id) when updated_since is set: a customer that
 * changes while the pages are read then comes again at the end rather than not at all.
 * @throws CoreError invalid_argument naming page_token
 */
export async function listCustomers(
  reader: Reader,
  input: ListCustomers,
): Promise<{ customers: CustomerRow[]; nextPageToken: string }> {
  const { pageSize, pageToken: token, ...asked } = input;
  const byChange = input.updatedSince !== undefined;
  const after = readPageToken(token, asked, byChange ? [INSTANT_KEY, UUID_KEY] : [UUID_KEY]);
  const size = Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);

  const values: unknown[] = [];
  const p = (value: unknown) => `$${values.push(value)}`;
  // Only what is asked: `$2 is null or ...` would keep the planner from the index of a segment.
  const where = [
    `merchant_id = ${p(input.merchantId)}`,
    LIVE,
    ...(input.segment ? [`rfm_score ->> 'segment' = ${p(input.segment)}`] : []),
    ...(['recency', 'frequency', 'monetary'] as const).flatMap((name) => inRange(name, input[name], p)),
    ...(input.updatedSince ? [`updated_at >= ${p(input.updatedSince)}`] : []),
    ...(after && byChange ? [`(updated_at, id) > (${p(after[0])}::timestamptz, ${p(after[1])}::uuid)`] : []),
    ...(after && !byChange ? [`id > ${p(after[0])}::uuid`] : []),
  ];
  // One row more than a page says whether there is another page.
  const rows = await reader.query<Row>(
    `select ${CUSTOMER_COLUMNS}, ${INSTANT_SQL} as "changedAt" from customers
      where ${where.join(' and ')}
      order by ${byChange ? 'updated_at, id' : 'id'} limit ${p(size + 1)}`,
    values,
  );
  const customers = rows.slice(0, size);
  const last = rows.length > size ? customers.at(-1) : undefined;
  const key = last && (byChange ? [last.changedAt, last.id] : [last.id]);
  return { customers, nextPageToken: key ? pageToken(asked, key) : '' };
}

const inRange = (name: string, range: ScoreRange | undefined, p: (value: unknown) => string): string[] => [
  ...(range?.min ? [`(rfm_score ->> '${name}')::int >= ${p(range.min)}`] : []),
  ...(range?.max ? [`(rfm_score ->> '${name}')::int <= ${p(range.max)}`] : []),
];
