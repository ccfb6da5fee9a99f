import { localeIn } from '../format/locale-in.ts';

/** How the page was opened. */
export interface Entry {
  /** A token of the platform, from a signed-in link; undefined without one. */
  token: string | undefined;
  /** The session token by which Shopify's admin opened the page; undefined elsewhere. */
  sessionToken: string | undefined;
  /** The shop of that admin. */
  shop: string | undefined;
  /** The merchant to act for, for a token that is bound to none. */
  merchantId: string | undefined;
  /** The language of the merchant in Shopify's admin. */
  locale: string | undefined;
}

/**
 * Reads the address that opened the page. A link that `npm start` prints carries the token in its fragment,
 * which no server and no log sees. Shopify's admin carries a session token in the query. Its `host` is not
 * read: the address of the shop leads to the same admin.
 */
export function readEntry({ hash, search }: Pick<Location, 'hash' | 'search'>): Entry {
  const fragment = new URLSearchParams(hash.slice(1));
  const query = new URLSearchParams(search);
  const token = fragment.get('token') ?? undefined;
  return {
    token,
    sessionToken: token === undefined ? (query.get('id_token') ?? undefined) : undefined,
    shop: query.get('shop') ?? undefined,
    merchantId: fragment.get('merchant') ?? undefined,
    locale: localeIn(query.get('locale') ?? ''),
  };
}

/** The parameters that pages read. Anything else in a query may be a token, or belongs to its signature. */
const PAGE_PARAMETERS = ['segment', 'r', 'f', 'm', 'show', 'actor', 'action', 'customer', 'from', 'to'];

/**
 * Removes the token from the address before anything else can read or share it. In the admin, the document is
 * that of /shopify, which is no page of the console.
 */
export function takeEntry(location: Location, history: History): Entry {
  const entry = readEntry(location);
  const kept = new URLSearchParams(
    [...new URLSearchParams(location.search)].filter(([name]) => PAGE_PARAMETERS.includes(name)),
  );
  const path = location.pathname === '/shopify' ? '/console' : location.pathname;
  const address = `${path}${kept.size > 0 ? `?${kept.toString()}` : ''}`;
  if (location.hash || location.search) history.replaceState(null, '', address);
  return entry;
}
