import { NotYet } from '../answers/errors.ts';
import type { ShopClient } from '../client/shop-client.ts';
import type { Cursor } from './cursor.ts';
import type { CustomerRange } from './search-range.ts';
import type { ShopCustomer } from './shop-customer.ts';

/** A reading of a shop: by whom, of which customers, and how much of each. */
export interface Reading {
  client: ShopClient;
  range: CustomerRange;
  /** Ids alone: to compare sets, cheaply. */
  idsOnly: boolean;
}

/** One way to read customers: GraphQL pages, REST pages, or a bulk operation's file. */
export interface Source<C extends Cursor = Cursor> {
  /**
   * The page at a cursor; null is the first. It may hold nobody and still lead on.
   * @throws NotReady, CursorLost, and as ShopClient
   */
  next(cursor: C | null): Promise<Page<C>>;
}

export interface Page<C extends Cursor = Cursor> {
  /** Empty when only ids were asked for. */
  customers: ShopCustomer[];
  /** The number in gid://shopify/Customer/7, of every customer of the page. */
  ids: number[];
  /** The cursor after this page; null after the last. */
  next: C | null;
}

/** Shopify still prepares what is to be read: the slice comes back, at another cursor. */
export class NotReady extends NotYet {
  override name = 'NotReady';
  readonly cursor: Cursor;

  constructor(cursor: Cursor, waitMs: number, reason: string) {
    super(waitMs, reason);
    this.cursor = cursor;
  }
}
