import type { Facts } from './customers.ts';

type Comparator = '>=' | '<=' | '>' | '<' | '=';

export interface Term {
  fact: keyof Facts;
  comparator: Comparator;
  /** An id, milliseconds since 1970, or 1 for `email:*`. */
  value: number;
}

export interface Search {
  terms: Term[];
  /**
   * Filters that Shopify does not document for this field. It ignores them with a warning (code
   * invalid_field).
   */
  unknown: string[];
  /** Filters whose date is not quoted, which the search syntax page requires. */
  unquoted: string[];
}

/** The stand-in cannot evaluate this search, although Shopify might. */
export class UnsupportedSearch extends Error {}

const FACTS: Record<string, keyof Facts> = {
  id: 'id',
  created_at: 'createdMs', // documented for customersCount
  customer_date: 'createdMs', // the same for customers
  updated_at: 'updatedMs',
  email: 'emails',
};
const DAY_MS = 86_400_000;
const TOKEN = /\s*(?:AND(?=\s|$)|([a-z_]+):\s*(?:(>=|<=|>|<)\s*)?("[^"]*"|'[^']*'|[^\s'"()]+)|(\S+))/y;

/**
 * Parses the subset of the search syntax that an import needs: filters joined by AND or white space. OR, NOT,
 * groups and free text throw UnsupportedSearch instead of returning a plausible but wrong result.
 * Source: shopify.dev/docs/api/usage/search-syntax.
 */
export function parseSearch(query: string, documented: ReadonlySet<string>): Search {
  const search: Search = { terms: [], unknown: [], unquoted: [] };
  const text = query.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [, name, comparator, raw, rest] = TOKEN.exec(text) ?? [];
    if (rest !== undefined) throw new UnsupportedSearch('only filters joined by AND are implemented');
    if (name === undefined || raw === undefined) continue; // AND
    if (!documented.has(name)) {
      search.unknown.push(name);
      continue;
    }
    const fact = FACTS[name];
    if (!fact) throw new UnsupportedSearch(`the filter ${name} is not implemented`);
    if (fact === 'emails') {
      if (comparator !== undefined || raw !== '*')
        throw new UnsupportedSearch('of emails, only email:* is implemented');
      search.terms.push({ fact, comparator: '=', value: 1 });
      continue;
    }
    const quoted = /^['"]/.test(raw);
    if (fact !== 'id' && !quoted) search.unquoted.push(name);
    search.terms.push(...termsOf(fact, comparator ?? '=', quoted ? raw.slice(1, -1) : raw, name));
  }
  return search;
}

/** "updated_at: the date and time, matching a whole day": equality with a time means its UTC day. */
function termsOf(fact: keyof Facts, comparator: string, text: string, name: string): Term[] {
  const value = fact === 'id' ? Number(text) : Date.parse(text);
  if (Number.isNaN(value)) throw new UnsupportedSearch(`the stand-in cannot read the value of ${name}`);
  if (fact === 'id' || comparator !== '=') return [{ fact, comparator: comparator as Comparator, value }];
  const day = Math.floor(value / DAY_MS) * DAY_MS;
  return [
    { fact, comparator: '>=', value: day },
    { fact, comparator: '<', value: day + DAY_MS },
  ];
}

const COMPARE: Record<Comparator, (a: number, b: number) => boolean> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
};

export function matches(terms: readonly Term[], facts: Facts): boolean {
  return terms.every(({ fact, comparator, value }) => COMPARE[comparator](facts[fact], value));
}
