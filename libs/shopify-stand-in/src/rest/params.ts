import type { ListFilters } from './page-info.ts';

/** Source: shopify.dev/docs/api/admin-rest/latest/resources/customer (GET customers.json, GET customers/count.json). */
const LIST_PARAMS = [
  'ids',
  'since_id',
  'created_at_min',
  'created_at_max',
  'updated_at_min',
  'updated_at_max',
  'limit',
  'fields',
  'page_info',
];
const COUNT_PARAMS = ['created_at_min', 'created_at_max', 'updated_at_min', 'updated_at_max'];
const BESIDE_PAGE_INFO = new Set(['limit', 'fields', 'page_info']);
const MOST = 250;
const DEFAULT = 50;

export interface ListParams {
  filters: ListFilters;
  limit: number;
  /** Undefined: all. */
  fields: string[] | undefined;
  pageInfo: string | undefined;
}

/** A breach of the rules, and the error the client gets for it, if any. */
export interface Breach {
  rule: string;
  detail: string;
  errors?: Record<string, string>;
}

/** Reads the parameters of customers.json; the breaches are in the order they were found. */
export function readListParams(search: URLSearchParams): { params: ListParams; breaches: Breach[] } {
  const breaches = unknownOnes(search, LIST_PARAMS);
  const pageInfo = search.get('page_info') ?? undefined;
  if (pageInfo !== undefined) breaches.push(...filtersBeside(search));
  const limit = readLimit(search, breaches);
  const fields = search
    .get('fields')
    ?.split(',')
    .map((name) => name.trim());
  const filters = pageInfo === undefined ? readFilters(search, breaches) : {};
  return { params: { filters, limit, fields, pageInfo }, breaches };
}

export function readCountParams(search: URLSearchParams): { filters: ListFilters; breaches: Breach[] } {
  const breaches = unknownOnes(search, COUNT_PARAMS);
  return { filters: readFilters(search, breaches), breaches };
}

/** Shopify ignores what it does not know; a client that counts on it reads another set than it thinks. */
const unknownOnes = (search: URLSearchParams, known: string[]): Breach[] =>
  [...search.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => ({ rule: 'rest-parameter', detail: `no parameter ${nameOnly(name)}` }));

/** Source: shopify.dev/docs/api/admin-rest/usage/pagination; the wording is the one live shops answer with. */
function filtersBeside(search: URLSearchParams): Breach[] {
  const names = [...search.keys()].filter((name) => !BESIDE_PAGE_INFO.has(name));
  return names.map((name) => ({
    rule: 'page-info-filters',
    detail: `${nameOnly(name)} beside page_info`,
    errors: {
      [name]:
        `${name} cannot be passed when page_info is present. ` +
        'See https://shopify.dev/api/usage/pagination-rest for more information.',
    },
  }));
}

/** The maximum is documented, the answer to more is not: here as many as allowed come. */
function readLimit(search: URLSearchParams, breaches: Breach[]): number {
  const text = search.get('limit');
  if (text === null) return DEFAULT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    breaches.push({ rule: 'page-size', detail: `limit is not 1 to ${MOST}` });
    return MOST;
  }
  return limit;
}

/** "created after" and "before" a time: whether the second itself belongs to it is not documented; here it does. */
function readFilters(search: URLSearchParams, breaches: Breach[]): ListFilters {
  const filters: ListFilters = {};
  const time = (name: string): number | undefined => {
    const text = search.get(name);
    if (text === null) return undefined;
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return ms;
    breaches.push({ rule: 'rest-value', detail: `${name} is no time`, errors: { [name]: 'Invalid value.' } });
    return undefined;
  };
  const set = (key: Exclude<keyof ListFilters, 'ids'>, value: number | undefined) => {
    if (value !== undefined) filters[key] = value;
  };
  set('createdMin', time('created_at_min'));
  set('createdMax', time('created_at_max'));
  set('updatedMin', time('updated_at_min'));
  set('updatedMax', time('updated_at_max'));
  const since = search.get('since_id');
  if (since !== null) set('sinceId', Number(since));
  const ids = search.get('ids');
  if (ids !== null) filters.ids = ids.split(',').map(Number);
  return filters;
}

/** A name may be anything a client sent: only names that look like one go into the count. */
const nameOnly = (name: string): string => (/^[a-z_]{1,40}$/.test(name) ? name : '(odd name)');
