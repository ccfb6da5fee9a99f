import { RetryLater } from '../answers/errors.ts';
import type { ShopClient } from '../client/shop-client.ts';
import type { Cursor } from './cursor.ts';
import type { CustomerRange } from './search-range.ts';
import type { ShopCustomer } from './shop-customer.ts';

/** The parameters of a read: the shop's client, the range of customers, and which data. */
export interface Reading {
  client: ShopClient;
  range: CustomerRange;
  /**
   * Shopify withholds the emails: they are neither requested nor returned, so the stored ones stay. Its null
   * would empty them.
   */
  withoutEmail: boolean;
  /** Reads only ids: a cheap way to compare sets of customers. */
  idsOnly: boolean;
}

/** One way to read customers: GraphQL pages, REST pages, or a bulk operation's file. */
export interface Source<C extends Cursor = Cursor> {
  /**
   * Reads the page at a cursor; null is the first page. A page may be empty and still have a next one.
   * @throws NotReady, CursorLost, and as ShopClient
   */
  next(cursor: C | null): Promise<Page<C>>;
}

export interface Page<C extends Cursor = Cursor> {
  /** Empty when only ids were requested. */
  customers: ShopCustomer[];
  /** The number in gid://shopify/Customer/7 for every customer of the page. */
  ids: number[];
  /** The cursor after this page; null after the last. */
  next: C | null;
}

/** Shopify is still preparing the data. The slice is retried later with the new cursor. */
export class NotReady extends RetryLater {
  override name = 'NotReady';
  readonly cursor: Cursor;

  constructor(cursor: Cursor, waitMs: number, reason: string) {
    super(waitMs, reason);
    this.cursor = cursor;
  }
}
