import { readShopifyTime } from '@core/contracts';
import { CursorLost, ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { RestReply } from '../../answers/replies.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { confirmNulls } from '../../read-customer-access.ts';
import { cursorAfter } from '../page-cursor.ts';
import type { RestCursor } from '../cursor.ts';
import type { CustomerRange } from '../search-range.ts';
import { numberOf } from '../shop-customer.ts';
import type { Page, Reading, Source } from '../source.ts';
import { nextPageInfo } from './link-header.ts';
import { EMAIL_FIELD, readRow, REST_FIELDS, type RestCustomer } from './rest-customer.ts';

/** Requests the shop's currency, which REST does not report. */
export const SHOP_FACTS = `query ShopFacts {
  shop { currencyCode }
}`;

/** Points of this query, until a reply reports the actual cost. */
const FACTS_COST = 1;

/**
 * Reads customers through REST, one page per request. The first page of a slice contains no customers: it
 * requests the shop's currency. `page_info` contains the range and order of the chain, so
 * only limit and fields may accompany it.
 */
export const createRestSource = (reading: Reading): Source<RestCursor> => ({
  next: (cursor) => (cursor ? readPage(reading, cursor) : readFacts(reading.client)),
});

async function readFacts(client: ShopClient): Promise<Page<RestCursor>> {
  const { data } = await client.graphql({ document: SHOP_FACTS, variables: {}, cost: FACTS_COST });
  const { currencyCode } = (data.shop ?? {}) as { currencyCode?: unknown };
  if (typeof currencyCode !== 'string' || currencyCode === '')
    throw new UnusableAnswer('other_form', 'the shop has no currency');
  return { customers: [], ids: [], next: { kind: 'rest', currency: currencyCode, page: null } };
}

async function readPage(
  { client, range, idsOnly, withoutEmail }: Reading,
  { currency, page }: RestCursor,
): Promise<Page<RestCursor>> {
  const parameters = page ? { page_info: page.at } : filtersOf(range);
  const fields = idsOnly ? 'id,created_at' : withoutEmail ? REST_FIELDS : `${REST_FIELDS},${EMAIL_FIELD}`;
  const search = new URLSearchParams({ limit: '250', fields, ...parameters });
  const reply = await client.rest(`customers.json?${search.toString()}`).catch((error: unknown) => {
    // The page_info is the only part of our request that Shopify can refuse with a 400.
    const isRefused = page !== null && error instanceof ShopifyRejected && error.status === 400;
    throw isRefused ? new CursorLost('invalid page_info') : error;
  });
  const rows = rowsOf(reply);
  const next = cursorAfter(page, idsOf(rows), nextPageInfo(reply.headers.get('link')));
  const inRange = rows.filter(isBefore(range.createdTo));
  const asksForEmail = !idsOnly && !withoutEmail;
  if (asksForEmail)
    await confirmNulls(
      client,
      rows.map((row) => row?.email),
    );
  return {
    customers: idsOnly ? [] : inRange.map((row) => readRow(row, currency, asksForEmail).customer),
    ids: idsOf(inRange),
    next: next && { kind: 'rest', currency, page: next },
  };
}

const idsOf = (rows: readonly (RestCustomer | null)[]): number[] =>
  rows.flatMap((row) => numberOf(row?.id) ?? []);

/** Source: shopify.dev/docs/api/admin-rest/latest/resources/customer (GET customers.json). */
function filtersOf({ createdFrom, createdTo, updatedFrom }: CustomerRange): Record<string, string> {
  return {
    ...(createdFrom !== undefined && { created_at_min: createdFrom }),
    ...(createdTo !== undefined && { created_at_max: createdTo }),
    ...(updatedFrom !== undefined && { updated_at_min: updatedFrom }),
  };
}

/**
 * Filters rows by creation time. Whether created_at_max includes its own second is undocumented, so rows of
 * that second are dropped here. A maximum one second earlier would lose customers whose times Shopify stores
 * in milliseconds.
 */
const isBefore = (createdTo: string | undefined) => {
  const end = createdTo === undefined ? Infinity : Date.parse(createdTo);
  // A customer without a readable time is kept.
  return (row: RestCustomer | null) => !((readShopifyTime(row?.created_at)?.getTime() ?? NaN) >= end);
};

function rowsOf({ body: { customers } }: RestReply): (RestCustomer | null)[] {
  if (!Array.isArray(customers)) throw new UnusableAnswer('other_form', 'the reply has no customers');
  return customers as (RestCustomer | null)[];
}
