import { readShopifyTime } from '@core/contracts';
import { CursorLost, ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { RestReply } from '../../answers/replies.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { cursorAfter } from '../page-cursor.ts';
import type { RestCursor } from '../cursor.ts';
import type { CustomerRange } from '../search-range.ts';
import { numberOf } from '../shop-customer.ts';
import type { Page, Reading, Source } from '../source.ts';
import { nextPageInfo } from './link-header.ts';
import { readRow, REST_FIELDS, type RestCustomer } from './rest-customer.ts';

/**
 * Facts that REST does not tell: the shop's currency, and whether emails are withheld. REST gives null for one it may not
 * show, as for one that is not there; GraphQL refuses the field.
 */
export const SHOP_FACTS = `query ShopFacts {
  shop { currencyCode }
  customers(first: 1) { nodes { defaultEmailAddress { validFormat } } }
}`;

/** Points of the facts, until a reply says better. */
const FACTS_COST = 5;

/**
 * Customers by REST, a page a request. The first page of a slice holds nobody: it asks for what REST does not say.
 * `page_info` remembers range and order of the chain, so that only limit and fields may stand beside it.
 */
export const createRestSource = (reading: Reading): Source<RestCursor> => ({
  next: (cursor) => (cursor ? readPage(reading, cursor) : readFacts(reading.client)),
});

async function readFacts(client: ShopClient): Promise<Page<RestCursor>> {
  const { data } = await client.graphql({ document: SHOP_FACTS, variables: {}, cost: FACTS_COST });
  const { currencyCode } = (data.shop ?? {}) as { currencyCode?: unknown };
  if (typeof currencyCode !== 'string' || currencyCode === '')
    throw new UnusableAnswer('other_form', 'a shop without its currency');
  return { customers: [], ids: [], next: { kind: 'rest', currency: currencyCode, page: null } };
}

async function readPage(
  { client, range, idsOnly }: Reading,
  { currency, page }: RestCursor,
): Promise<Page<RestCursor>> {
  const parameters = page ? { page_info: page.at } : filtersOf(range);
  const fields = idsOnly ? 'id,created_at' : REST_FIELDS;
  const search = new URLSearchParams({ limit: '250', fields, ...parameters });
  const reply = await client.rest(`customers.json?${search.toString()}`).catch((error: unknown) => {
    // A refused page_info is the only thing that a request of ours can have wrong.
    const isRefused = page !== null && error instanceof ShopifyRejected && error.status === 400;
    throw isRefused ? new CursorLost('an invalid page_info') : error;
  });
  const rows = rowsOf(reply);
  const next = cursorAfter(page, idsOf(rows), nextPageInfo(reply.headers.get('link')));
  const inRange = rows.filter(isBefore(range.createdTo));
  return {
    customers: idsOnly ? [] : inRange.map((row) => readRow(row, currency).customer),
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
 * created_at_max takes in its own second or not: undocumented. The rows of it are dropped here; a maximum one second
 * earlier would lose whom Shopify keeps by the millisecond.
 */
const isBefore = (createdTo: string | undefined) => {
  const end = createdTo === undefined ? Infinity : Date.parse(createdTo);
  // One without a time that can be read is not lost for it.
  return (row: RestCustomer | null) => !((readShopifyTime(row?.created_at)?.getTime() ?? NaN) >= end);
};

function rowsOf({ body: { customers } }: RestReply): (RestCustomer | null)[] {
  if (!Array.isArray(customers)) throw new UnusableAnswer('other_form', 'a reply without customers');
  return customers as (RestCustomer | null)[];
}
