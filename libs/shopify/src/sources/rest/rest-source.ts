import { readShopifyTime } from '@core/contracts';
import type { CustomerRange } from '../search-range.ts';
import {
  type AdminApi,
  askAdminApi,
  assertAnswered,
  type HttpReply,
  parseObject,
} from '../../client/transport.ts';
import { CursorLost, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopifyClient } from '../../client/client.ts';
import { numberOf } from '../shop-customer.ts';
import { parseCallLimit } from '../../limiter/limiter-figures.ts';
import { nextPageInfo } from './link-header.ts';
import { placeAfter, type PageCursor } from '../page-cursor.ts';
import { readRow, REST_FIELDS, type RestCustomer } from './rest-customer.ts';
import type { Source, SourcePage, SourceQuery } from '../source.ts';

/**
 * What REST does not say: the shop's currency, and whether emails are withheld. REST gives null for one it may not
 * show, as for one that is not there; GraphQL refuses the field.
 */
export const SHOP_FACTS = `query ShopFacts {
  shop { currencyCode }
  customers(first: 1) { nodes { defaultEmailAddress { validFormat } } }
}`;

/** Points of the facts, until a reply says better. */
const FACTS_COST = 5;

interface RestCursor {
  currency: string;
  /** Null on the first page. */
  page: PageCursor | null;
}

/**
 * Customers by REST, a page a request. The first fetch of a slice reads none: it asks for what REST does not say.
 * `page_info` remembers range and order of the chain, so that only limit and fields may stand beside it.
 */
export function createRestSource(api: AdminApi, client: ShopifyClient): Source {
  return {
    name: 'rest',
    limitAt: (cursor) => (cursor === null ? { api: 'graphql', cost: FACTS_COST } : { api: 'rest', cost: 1 }),
    async fetch(query) {
      const place = query.cursor === null ? null : (JSON.parse(query.cursor) as RestCursor);
      return place ? fetchPage(api, query, place) : fetchFacts(client, query);
    },
  };
}

async function fetchFacts(client: ShopifyClient, query: SourceQuery): Promise<SourcePage> {
  const { shop, accessToken, signal } = query;
  const { data, cost } = await client({ shop, accessToken, signal, document: SHOP_FACTS, variables: {} });
  const { currencyCode } = (data.shop ?? {}) as { currencyCode?: unknown };
  if (typeof currencyCode !== 'string' || currencyCode === '')
    throw new UnusableAnswer('other_form', 'a shop without its currency');
  const next = write({ currency: currencyCode, page: null });
  return { customers: [], ids: [], next, wait: null, cost };
}

async function fetchPage(
  api: AdminApi,
  query: SourceQuery,
  { currency, page }: RestCursor,
): Promise<SourcePage> {
  const { range, idsOnly } = query;
  const parameters = page ? { page_info: page.at } : filtersOf(range);
  const fields = idsOnly ? 'id,created_at' : REST_FIELDS;
  const search = new URLSearchParams({ limit: '250', fields, ...parameters });
  const reply = await askAdminApi(api, query, { path: `customers.json?${search.toString()}` });
  const cost = parseCallLimit(reply.headers.get('x-shopify-shop-api-call-limit'));
  const rows = readRows(reply, cost, page !== null);
  const next = placeAfter(page, idsOf(rows), nextPageInfo(reply.headers.get('link')));
  const inRange = rows.filter(isBefore(range.createdTo));
  return {
    customers: idsOnly ? [] : inRange.map((row) => readRow(row, currency).customer),
    ids: idsOf(inRange),
    next: next && write({ currency, page: next }),
    wait: null,
    cost,
  };
}

const idsOf = (rows: readonly (RestCustomer | null)[]): number[] =>
  rows.flatMap((row) => numberOf(row?.id) ?? []);

const write = (cursor: RestCursor): string => JSON.stringify(cursor);

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

function readRows(reply: HttpReply, cost: SourcePage['cost'], paged: boolean): (RestCustomer | null)[] {
  // A refused page_info is the only thing that a request of ours can have wrong.
  if (reply.status === 400 && paged) throw new CursorLost('an invalid page_info');
  assertAnswered(reply, Date.now(), cost);
  const { customers } = parseObject(reply.body);
  if (!Array.isArray(customers)) throw new UnusableAnswer('other_form', 'a reply without customers');
  return customers as (RestCustomer | null)[];
}
