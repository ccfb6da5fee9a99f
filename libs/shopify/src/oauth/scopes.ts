/**
 * The scopes that an import needs. read_customer_merge lets the webhook of a merge arrive.
 * Source: shopify.dev/docs/api/usage/access-scopes.
 */
export const IMPORT_SCOPES: readonly string[] = ['read_customers', 'read_customer_merge'];

/** The scopes that a merchant may grant after the installation. */
export const OPTIONAL_SCOPES: readonly string[] = ['write_customers'];

/** The scopes of an app that also writes segments back to the shop's customers. */
export const SEGMENT_SCOPES: readonly string[] = [...IMPORT_SCOPES, ...OPTIONAL_SCOPES];

/** The longest list that a token has names some hundred scopes. */
const LONGEST_LIST = 16_384;

/**
 * Returns the needed scopes that a token lacks. A write scope includes the read scope of the same thing, and
 * Shopify then omits the read scope from its lists.
 */
export function missingScopes(granted: readonly string[], needed: readonly string[]): string[] {
  const has = new Set(granted);
  return needed.filter((scope) => !has.has(scope) && !has.has(scope.replace(/^read_/, 'write_')));
}

/** Reads the comma-separated scopes of a reply. Returns null for anything else. */
export function parseScopes(value: unknown): string[] | null {
  if (typeof value !== 'string' || value.length > LONGEST_LIST) return null;
  const names = value.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))].sort();
}
