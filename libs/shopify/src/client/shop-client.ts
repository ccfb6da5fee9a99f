import type { GraphqlReply, RestReply } from '../answers/replies.ts';

export interface GraphqlRequest {
  document: string;
  variables: Record<string, unknown>;
  /** Estimated points, until a reply reports the actual cost. */
  cost: number;
  /**
   * The request must directly follow the previous one, so it waits here until the shop's limit admits it. Any
   * other request fails with RetryLater, because waiting here would block a slot of this process that another
   * shop could use.
   */
  follows?: boolean;
}

/**
 * A byte range of a file that Shopify has written. The URL is signed, so it never appears in cursors or
 * errors.
 */
export interface FileRange {
  url: string;
  from: number;
  size: number;
}

export type FileReply = Pick<Response, 'status' | 'headers' | 'body'>;

/**
 * The client of one shop. It is the only access to Shopify that a source, a plan, a check and a cancel
 * receive. It adds the shop's domain and token and respects the shop's limits. Callers neither pass nor
 * receive a token, a limiter permit or an address. A caller therefore cannot send a request to another shop,
 * under another identity or outside the limits.
 * @throws RetryLater when the shop's limit has no capacity
 * @throws Throttled, ShopifyUnavailable and its subclasses, CursorLost, ShopRenamed, ShopifyRejected
 * @throws Unauthorized when Shopify refuses a refreshed token as well
 * @throws the errors of the tokens and the limiter, or the signal's reason
 */
export interface ShopClient {
  /** Domain, such as a.myshopify.com. */
  readonly shop: string;
  graphql(request: GraphqlRequest): Promise<GraphqlReply>;
  /** @param path relative to the API version, such as customers.json?limit=250 */
  rest(path: string): Promise<RestReply>;
  /**
   * Reads a range of a file that Shopify has written for the shop. The file is stored at a storage service,
   * not at the Admin API: the request counts towards no limit and carries no token.
   */
  file<T>(range: FileRange, read: (reply: FileReply) => Promise<T>): Promise<T>;
}
