/**
 * A stand-in for Shopify: any number of shops behind one port. It is strict where Shopify's documentation is
 * strict, and counts every rule that a client breaks (`stats().violations`; a test asserts that it is empty).
 *
 *   graphql   POST /{shop}/admin/api/{version}/graphql.json  answer.ts, resolvers.ts, cost.ts, throttle.ts
 *             ({ shop { id } currentAppInstallation { accessScopes } } return the shop of a token)
 *   REST      GET  /{shop}/admin/api/{version}/customers.json, customers/count.json  rest/
 *   bulk      bulkOperationRunQuery and its queries; GET /_bulk/... returns the file  bulk/
 *   tokens    POST /{shop}/admin/oauth/access_token (refresh_token)  oauth/
 *   webhooks  POSTs to a registered URL, signed with DEV_CLIENT_SECRET, with retries  webhooks/
 *   control   GET, POST /_control/shops/{shop}...; in-process: `standIn.shop(domain)`  control.ts, faults/
 *
 * Every GraphQL document is validated against Shopify's schema of the requested version. A feature of Shopify
 * that the stand-in does not implement causes an error and a violation `unsupported`, never a plausible but
 * wrong answer.
 *
 * Counted rules: access-token, address, body, bulk-limit (too many concurrent queries), bulk-query,
 * client-credentials, cursor (not used as issued), document, file-url, page-info-filters, page-size,
 * query-cost, refresh-token, rest-field, rest-parameter, rest-value, retry-after (too early), search-date,
 * search-field, token-to-file, unsupported, variables, version, webhook-hmac (a forged webhook accepted, or a
 * genuine one refused).
 *
 * Counted, but not violations: `throttled` and `limited` (replies of a full bucket), `unauthorized`,
 * `worstSecond`.
 */
export { startShopifyStandIn } from './server.ts';
export type { ShopifyStandIn, ShopifyStandInOptions } from './server.ts';
export { DEV_ACCESS_TOKEN } from './shop.ts';
export type { Limits, Shop, ShopStats } from './shop.ts';
export { shopIdOf } from './webhooks/payloads.ts';
export { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from './oauth/credentials.ts';
export type { TokenPair } from './oauth/tokens.ts';
export type { Approval } from './approval.ts';
export type { RequestedWebhook } from './changes.ts';
export type { ChurnOptions } from './faults/churn.ts';
export type { Fault, FaultKind } from './faults/faults.ts';
export type { Reply } from './reply.ts';
export type { Violation } from './violations.ts';
export type { Delivery } from './webhooks/delivery.ts';
export type { Topic as WebhookTopic } from './webhooks/payloads.ts';
export type { WebhookTarget } from './webhooks/sender.ts';
export type { StandInCustomer } from './customers.ts';
export type { ShopSettings } from './control.ts';
export { loadAdminSchema, SUPPORTED_VERSIONS } from './schema.ts';
export { validateAdminDocument } from './validate.ts';
export { PLANS } from './throttle.ts';
export { REST_PLANS } from './rest/bucket.ts';
export type { Plan } from './throttle.ts';
