import type { ShopCustomer } from './shop-customer.ts';
import type { CustomerRange } from './search-range.ts';
import type { QueryCost } from '../answers/errors.ts';

/** Which of the shop's buckets a request draws from, and what it costs until a reply says better. */
export interface Limit {
  readonly api: 'graphql' | 'rest';
  readonly cost: number;
}

/** One way to read a shop's customers: GraphQL pages, REST pages, or a bulk operation's file. */
export interface Source {
  readonly name: 'graphql' | 'rest' | 'bulk';
  /** What the request at this place draws on. */
  limitAt(cursor: SourceQuery['cursor']): Limit;
  /**
   * The page at this place, where it lies in a file that this process knows of: no request to the Admin API, so it needs
   * neither a place at the shop nor a token. Null where there is none, or none any more: `fetch` it then.
   * @throws ShopifyUnavailable, or the signal's reason
   */
  fetchFile?(query: FileQuery): Promise<SourcePage | null>;
  /**
   * A step of reading: one request to the Admin API. It may read nobody and still lead on, or say what is to be sent at
   * once to end it.
   * @throws Throttled, ShopifyUnavailable, Unauthorized, ShopifyRejected, CursorLost, or the signal's reason
   */
  fetch(query: SourceQuery): Promise<SourcePage>;
}

export type FileQuery = Pick<SourceQuery, 'shop' | 'cursor' | 'idsOnly' | 'signal'>;

export interface SourceQuery {
  shop: string;
  accessToken: string;
  range: CustomerRange;
  /** Where the page begins, as an earlier page said; null for the first. */
  cursor: string | null;
  /** Ids alone: to compare sets, cheaply. */
  idsOnly: boolean;
  signal: AbortSignal;
}

export interface SourcePage {
  /** Empty when only ids were asked for. */
  customers: ShopCustomer[];
  /** The number in gid://shopify/Customer/7, of every customer of the page. */
  ids: number[];
  /** Where to go on: the place after this page, or this place once more when `wait` is set; null after the last. */
  next: string | null;
  /** Nothing to read yet (a bulk operation works): store `next`, come back then. */
  wait: { waitMs: number; reason: string } | null;
  cost: QueryCost | null;
  /** Not over yet: this request is to follow at once, within the shop's limit as any. Its page is the step's. */
  further?: { limit: Limit; send: (accessToken: string) => Promise<SourcePage> };
}
