import type { GraphqlReply, RestReply } from '../answers/replies.ts';

export interface GraphqlRequest {
  document: string;
  variables: Record<string, unknown>;
  /** Points, until a reply says better. */
  cost: number;
  /**
   * It must follow at once on the request before it, and so waits here for the shop's limit to let it go. Any other is
   * sent back with NotYet: to wait here takes a slot of this process from another shop.
   */
  follows?: boolean;
}

/** Bytes of a file that Shopify has written. The URL is signed: it is kept out of cursors and errors. */
export interface FileRange {
  url: string;
  from: number;
  size: number;
}

export type FileReply = Pick<Response, 'status' | 'headers' | 'body'>;

/**
 * The client of one shop, and all that a source, a plan, a check and a cancel get. It names the shop, adds
 * its token and keeps its limits by itself, and takes and gives no token, ticket or address. Its holder
 * cannot ask another shop, ask as somebody else, or ask uncounted.
 * @throws NotYet when the shop's limit has no room; Throttled, ShopifyUnavailable and its kinds, Unauthorized
 *   when a new token is refused as well, CursorLost, ShopRenamed, ShopifyRejected; the errors of the tokens
 *   and the limiter; or the signal's reason
 */
export interface ShopClient {
  /** Such as a.myshopify.com. */
  readonly shop: string;
  graphql(request: GraphqlRequest): Promise<GraphqlReply>;
  /** @param path below the version, such as customers.json?limit=250 */
  rest(path: string): Promise<RestReply>;
  /**
   * Reads a range of a file that Shopify has written for the shop. It lies at a storage service, not at the Admin API: it
   * counts towards no limit, and no token goes there.
   */
  file<T>(range: FileRange, read: (reply: FileReply) => Promise<T>): Promise<T>;
}
