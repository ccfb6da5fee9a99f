import { unsupported } from './context.ts';
import type { Context } from './context.ts';
import { documentedFilters } from './schema.ts';
import { parseSearch, UnsupportedSearch } from './search.ts';
import type { Term } from './search.ts';

/**
 * Parses a search. Unknown filters are dropped with a warning. Source:
 * shopify.dev/docs/api/usage/search-syntax.
 */
export function searchTerms(query: string, context: Context, rootField: string, path: string): Term[] {
  const { shop: served, schema, searches } = context;
  try {
    const { terms, unknown, unquoted } = parseSearch(query, documentedFilters(schema, rootField));
    for (const field of unknown) served.violated('search-field', `${rootField} has no filter ${field}`);
    for (const field of unquoted) served.violated('search-date', `the date of ${field} is not quoted`);
    if (unknown.length > 0) {
      const warn = (field: string) => ({
        field,
        message: 'Invalid search field for this query.',
        code: 'invalid_field',
      });
      searches.push({ path: [path], query, warnings: unknown.map(warn) });
    }
    return terms;
  } catch (error) {
    if (error instanceof UnsupportedSearch) throw unsupported(context, `search: ${error.message}`);
    throw error;
  }
}
