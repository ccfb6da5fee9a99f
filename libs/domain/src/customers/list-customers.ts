import { and, gt, sql } from 'drizzle-orm';
import type { CustomerId } from '@core/contracts';
import {
  build,
  columns,
  CUSTOMER,
  customers,
  NIL_UUID,
  int,
  limit,
  many,
  nullable,
  pickParams,
  perShape,
  statement,
  text,
  type CustomerRow,
  type Reader,
} from '@core/db';
import {
  customerBytes,
  keysetPage,
  selectUntilPageIsFull,
  type PageOf,
  type Pages,
  type Sized,
} from '../core/index.ts';
import {
  CONDITION_NAMES,
  conditionsOf,
  FILTER_PARAMS,
  filterValues,
  identityOf,
  usedBy,
  type CustomerFilter,
} from './list-customers-filter.ts';

export type ListCustomers = CustomerFilter & PageOf;

export interface CustomerPage {
  customers: CustomerRow[];
  /** Empty on the last page. */
  nextPageToken: string;
}

const PARAMS = { ...FILTER_PARAMS, after: customers.id, most: limit };

const PAGE = perShape([...CONDITION_NAMES, 'after'], (used) =>
  statement({
    params: pickParams(PARAMS, ['merchantId', ...used, 'most']),
    text(p) {
      const rows = build
        .select(columns(CUSTOMER))
        .from(customers)
        .where(and(...conditionsOf(used, p), used.includes('after') ? gt(customers.id, p.after) : undefined))
        .orderBy(customers.merchantId, customers.id)
        .limit(p.most);
      return selectUntilPageIsFull(CUSTOMER, rows, {
        bytes: customerBytes,
        order: ({ merchantId, id }) => sql`${merchantId}, ${id}`,
      });
    },
  }),
);

/**
 * Reads a page of a segment from a function (libs/db/functions) that can use the segment's index. Row-level
 * security keeps the api's own statements from that index. The function returns rows as the table does, and
 * their row number gives the planner their order. The text never changes, so it stays prepared: planning took
 * a third of the time of a page of 51 rows.
 */
const PAGE_OF_SEGMENT = statement({
  name: 'list_segment',
  params: {
    merchantId: customers.merchantId,
    segment: text,
    after: customers.id,
    most: int,
    mins: many(nullable(int)),
    maxs: many(nullable(int)),
  },
  text(p) {
    const shape = { ...CUSTOMER, nr: sql<string>`ordinality` };
    return selectUntilPageIsFull(
      shape,
      sql`
        select ${columns(shape)}
          from list_segment(${p.merchantId}, ${p.segment}, ${p.after}, ${p.most}, ${p.mins}, ${p.maxs})
               with ordinality as ${customers}`,
      { bytes: customerBytes, order: ({ nr }) => sql`${nr}` },
    );
  },
});

/**
 * Returns one page of a merchant's customers, by id. Ids never change, so a customer who exists all the time
 * is returned exactly once, whatever is written between pages.
 * @throws CoreError invalid_argument naming page_token
 */
export async function listCustomers(
  reader: Reader,
  pages: Pages,
  input: ListCustomers,
): Promise<CustomerPage> {
  const { after, most, cut } = keysetPage<[CustomerId]>(pages, ['customers', ...identityOf(input)], input);
  const { rows, nextPageToken } = cut(await readPage(reader, input, after?.[0], most), ({ id }) => [id]);
  return { customers: rows, nextPageToken };
}

type Rows = Promise<(CustomerRow & Sized)[]>;

/** Returns up to `most` customers of a filter after a customer, by id; fewer when they are large: cutPage. */
export const readPage = (
  reader: Reader,
  filter: CustomerFilter,
  after: CustomerId | undefined,
  most: number,
): Rows => (filter.segment ? readSegment : readAny)(reader, filter, after, most);

function readAny(reader: Reader, filter: CustomerFilter, after: CustomerId | undefined, most: number): Rows {
  const values = filterValues(filter);
  const page = PAGE([...usedBy(values), ...(after ? ['after' as const] : [])]);
  return reader.run(page, { ...values, after: after ?? NIL_UUID, most });
}

function readSegment(
  reader: Reader,
  filter: CustomerFilter,
  after: CustomerId = NIL_UUID,
  most: number,
): Rows {
  const { merchantId, segment = '', recency, frequency, monetary } = filter;
  const ranges = [recency, frequency, monetary];
  return reader.run(PAGE_OF_SEGMENT, {
    merchantId,
    segment,
    after,
    most,
    mins: ranges.map((range) => range?.min || null),
    maxs: ranges.map((range) => range?.max || null),
  });
}
