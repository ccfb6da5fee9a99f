import type { ListFilters } from './page-info.ts';

/**
 * Source: shopify.dev/docs/api/admin-rest/latest/resources/customer (GET customers.json, GET
 * customers/count.json).
 */
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

/** A broken rule, and the error that the client gets for it, if any. */
export interface Breach {
  rule: string;
  detail: string;
  errors?: Record<string, string>;
}

/** Reads the parameters of customers.json. The breaches are in the order of detection. */
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

/** Shopify ignores unknown parameters. A client that relies on one reads another set than it expects. */
const unknownOnes = (search: URLSearchParams, known: string[]): Breach[] =>
  [...search.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => ({ rule: 'rest-parameter', detail: `no parameter ${nameOnly(name)}` }));

/** Source: shopify.dev/docs/api/admin-rest/usage/pagination; the wording is from replies of live shops. */
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

/** The maximum is documented; the reply to a larger limit is not. The stand-in returns the maximum. */
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

/**
 * Reads "created after" and "before" a time. Whether the given second is included is undocumented; the
 * stand-in includes it.
 */
function readFilters(search: URLSearchParams, breaches: Breach[]): ListFilters {
  const filters: ListFilters = {};
  const time = (name: string): number | undefined => {
    const text = search.get(name);
    if (text === null) return undefined;
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return ms;
    breaches.push({
      rule: 'rest-value',
      detail: `${name} is not a time`,
      errors: { [name]: 'Invalid value.' },
    });
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

/**
 * Returns the name, or a placeholder. A name may be any text from a client: only plausible names are
 * recorded.
 */
const nameOnly = (name: string): string => (/^[a-z_]{1,40}$/.test(name) ? name : '(odd name)');
