/**
 * A stand-in for Shopify: any number of shops behind one port, strict where Shopify's documentation is strict, and
 * counting every rule a client breaks (`stats().violations`; a test asserts that it is empty).
 *
 *   graphql   POST /{shop}/admin/api/{version}/graphql.json          answer.ts, resolvers.ts, cost.ts, throttle.ts
 *             ({ shop { id } currentAppInstallation { accessScopes } } return the shop of a token)
 *   REST      GET  /{shop}/admin/api/{version}/customers.json, customers/count.json                   rest/
 *   bulk      bulkOperationRunQuery and its queries; GET /_bulk/... gives the file                    bulk/
 *   tokens    POST /{shop}/admin/oauth/access_token (refresh_token)                                   oauth/
 *   webhooks  POSTs to a registered URL, signed with DEV_CLIENT_SECRET, with retries                  webhooks/
 *   steering  GET, POST /_control/shops/{shop}...; in the same process `standIn.shop(domain)`         control.ts, faults/
 *
 * Every GraphQL document is validated against Shopify's own schema of the version asked for. A feature of
 * Shopify that the stand-in does not play is an error and a violation `unplayed`, never an answer that looks
 * right.
 * Rules that are counted: access-token, address, body, bulk-limit (one query too many at once), bulk-query,
 * client-credentials, cursor (not as given), document, file-url, page-info-filters, page-size, query-cost,
 * refresh-token, rest-field, rest-parameter, rest-value, retry-after (back too early), search-date, search-field,
 * token-to-file, unplayed, variables, version, webhook-hmac (a forged one accepted, a genuine one refused).
 * No violation, but counted: `throttled` and `limited` (replies of a full bucket), `unauthorized`, `worstSecond`.
 */
export { startShopifyStandIn } from './server.ts';
export type { ShopifyStandIn, ShopifyStandInOptions } from './server.ts';
export { DEV_ACCESS_TOKEN } from './shop.ts';
export type { Limits, Shop, ShopStats } from './shop.ts';
export { shopIdOf } from './webhooks/payloads.ts';
export { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from './oauth/credentials.ts';
export type { TokenPair } from './oauth/tokens.ts';
export type { Approval } from './approval.ts';
export type { AskedWebhook } from './changes.ts';
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
