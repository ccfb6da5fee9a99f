import { areFieldsApproved, REST_NOT_APPROVED } from '../approval.ts';
import type { Facts } from '../customers.ts';
import { hasScope } from '../oauth/scopes.ts';
import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { issuePageInfo, readPageInfo } from './page-info.ts';
import type { ListFilters, PageInfo } from './page-info.ts';
import { readCountParams, readListParams } from './params.ts';
import type { Breach, ListParams } from './params.ts';
import { pickFields, REST_FIELDS, restCustomer } from './view.ts';

/**
 * Handles GET customers.json. Shopify documents no order. The stand-in sorts by ascending id, the order of
 * since_id.
 * @param address the endpoint's address, for the Link header
 */
export async function listCustomers(
  shop: ServedShop,
  search: URLSearchParams,
  address: string,
): Promise<Reply> {
  const { params, breaches } = readListParams(search);
  const refusal = count(shop, breaches) ?? notAllowed(shop);
  if (refusal) return refusal;
  for (const name of params.fields ?? []) {
    if (!REST_FIELDS.has(name)) shop.violated('rest-field', 'a name in fields that Customer does not have');
  }
  const start = startOf(shop, params);
  if ('status' in start) return start;
  const { indexes, more } = readRows(shop, start, params.limit);
  shop.count('served', indexes.length);
  const isApproved = areFieldsApproved(shop);
  const body = (isApproved && (await shop.rendered(indexes, params.fields))) || {
    customers: indexes.map((index) => {
      const found = shop.get(index);
      if (!found) throw new Error('a customer in the walk does not exist');
      return pickFields(restCustomer(found, isApproved), params.fields);
    }),
  };
  const link = linkHeader({ shop, address, params, start, indexes, more });
  return { status: 200, body, ...(link && { headers: { link } }) };
}

/** Handles GET customers/count.json. */
export function countCustomers(shop: ServedShop, search: URLSearchParams): Reply {
  const { filters, breaches } = readCountParams(search);
  const refusal = count(shop, breaches) ?? notAllowed(shop);
  if (refusal) return refusal;
  if (Object.keys(filters).length === 0) return { status: 200, body: { count: shop.customers } };
  let found = 0;
  for (const { facts } of shop.population().walk('ID', false)) if (passes(filters, facts)) found += 1;
  return { status: 200, body: { count: found } };
}

/** Counts all breaches. The reply contains the errors that Shopify returns for them. */
function count(shop: ServedShop, breaches: Breach[]): Reply | undefined {
  for (const { rule, detail } of breaches) shop.violated(rule, detail);
  const errors = Object.assign({}, ...breaches.map((breach) => breach.errors)) as Record<string, string>;
  return Object.keys(errors).length > 0 ? { status: 400, body: { errors } } : undefined;
}

/** Source: shopify.dev/docs/api/usage/response-codes (403); the wording of the scope is recorded. */
function notAllowed(shop: ServedShop): Reply | undefined {
  if (shop.rules.broken('access-scope', !hasScope(shop.scopes, 'read_customers'))) {
    const errors = '[API] This action requires merchant approval for read_customers scope.';
    return { status: 403, body: { errors } };
  }
  return shop.approval === 'none' ? { status: 403, body: { errors: REST_NOT_APPROVED } } : undefined;
}

/** Returns the start of a page: without page_info, the start of the list. */
function startOf(shop: ServedShop, { pageInfo, filters }: ListParams): PageInfo | Reply {
  if (pageInfo === undefined) return { direction: 'next', lastId: filters.sinceId ?? 0, filters };
  const found = shop.cursors.read((secret) => readPageInfo(secret, shop.domain, pageInfo));
  if (found && !found.expired) return found.value;
  if (!found) shop.violated('cursor', 'page_info was modified or belongs to another shop');
  return { status: 400, body: { errors: { page_info: 'Invalid value.' } } };
}

function readRows(shop: ServedShop, { direction, lastId, filters }: PageInfo, limit: number) {
  const back = direction === 'prev';
  const indexes: number[] = [];
  const from = { id: lastId, value: lastId };
  for (const { index, facts } of shop.population().walk('ID', back, from)) {
    // Creation times rise with the ids, so no later row passes: no need to walk to the end.
    if (!back && facts.createdMs > (filters.createdMax ?? Infinity)) break;
    if (!passes(filters, facts)) continue;
    if (indexes.length === limit) return { indexes: back ? indexes.reverse() : indexes, more: true };
    indexes.push(index);
  }
  return { indexes: back ? indexes.reverse() : indexes, more: false };
}

function passes(filters: ListFilters, { id, createdMs, updatedMs }: Facts): boolean {
  const {
    ids,
    sinceId = 0,
    createdMin = 0,
    createdMax = Infinity,
    updatedMin = 0,
    updatedMax = Infinity,
  } = filters;
  if (id <= sinceId || createdMs < createdMin || createdMs > createdMax) return false;
  return updatedMs >= updatedMin && updatedMs <= updatedMax && (ids?.includes(id) ?? true);
}

interface Page {
  shop: ServedShop;
  address: string;
  params: ListParams;
  start: PageInfo;
  indexes: number[];
  /** Whether there are more rows in the reading direction. */
  more: boolean;
}

/**
 * Source: shopify.dev/docs/api/admin-rest/usage/pagination ("Link header syntax"; no header for a single
 * page).
 */
function linkHeader({ shop, address, params, start, indexes, more }: Page): string | undefined {
  const idAt = (row: number) =>
    Number(
      shop
        .get(indexes.at(row) ?? -1)
        ?.id.split('/')
        .at(-1),
    );
  const to = (direction: PageInfo['direction'], lastId: number): string => {
    const query = new URLSearchParams({ limit: String(params.limit) });
    if (params.fields) query.set('fields', params.fields.join(','));
    const { filters } = start;
    query.set(
      'page_info',
      issuePageInfo(shop.cursors.current(), shop.domain, { direction, lastId, filters }),
    );
    return `<${address}?${query.toString()}>; rel="${direction === 'prev' ? 'previous' : 'next'}"`;
  };
  if (indexes.length === 0) return undefined;
  const links: string[] = [];
  const followed = params.pageInfo !== undefined;
  const hasPrevious = start.direction === 'prev' ? more : followed;
  const hasNext = start.direction === 'prev' ? true : more;
  if (hasPrevious) links.push(to('prev', idAt(0)));
  if (hasNext) links.push(to('next', nextFrom(shop, start, indexes.length, idAt(-1), followed)));
  return links.join(', ') || undefined;
}

/** Returns the id after which the next page begins. A page fault returns an earlier id. */
function nextFrom(shop: ServedShop, start: PageInfo, rows: number, last: number, followed: boolean): number {
  let back: number | undefined;
  const reaches = (pages: number) => {
    back = idBefore(shop, start.lastId, pages * rows);
    return back !== undefined;
  };
  const astray = followed && start.direction === 'next' && shop.faults.takePage(reaches);
  return astray ? (back ?? last) : last;
}

/** Returns the id this many rows before the given one; undefined when the list has fewer rows. */
function idBefore(shop: ServedShop, id: number, rows: number): number | undefined {
  if (rows === 0) return id;
  let left = rows;
  for (const { facts } of shop.population().walk('ID', true, { id, value: id })) {
    if (--left === 0) return facts.id;
  }
  return undefined;
}
