/**
 * A stand-in for Shopify: any number of shops behind one port. It is strict where Shopify's documentation is
 * strict, and counts every rule that a client breaks (`stats().violations`; a test asserts that it is
 * empty).
 *
 *   graphql   POST /{shop}/admin/api/{version}/graphql.json  answer.ts, resolvers.ts, cost.ts, throttle.ts
 *             ({ shop { id } currentAppInstallation { accessScopes } } return the shop of a token)
 *   REST      GET  /{shop}/admin/api/{version}/customers.json, customers/count.json  rest/
 *   bulk      bulkOperationRunQuery and its queries; GET /_bulk/... returns the file  bulk/
 *   OAuth     GET  /{shop}/admin/oauth/authorize; POST /{shop}/admin/oauth/access_token (a code, a session
 *             token, a token to migrate, refresh_token)  oauth/
 *   the app   app.ts configures it; install, open, uninstall, scopes, session tokens  life.ts
 *   metafields of customers, and their definitions, by four mutations  metafields/
 *   webhooks  POSTs to the addresses of the app's configuration and of webhookSubscriptionCreate, signed with
 *             the app's first secret, with retries  webhooks/
 *   control   GET, POST /_control/app, /_control/shops/{shop}...; in-process: `standIn.shop(domain)`
 *             control.ts, control-life.ts, faults/
 *
 * Every GraphQL document is validated against Shopify's schema of the requested version. A feature of
 * Shopify that the stand-in does not implement causes an error and a violation `unsupported`, never a
 * plausible but wrong answer.
 *
 * The rules of OAuth, tokens, scopes, metafields and webhooks are in rules.ts, with their pages; those
 * marked as `breach` are counted under their names.
 *
 * Other counted rules: access-token, address, body, bulk-limit (too many concurrent queries), bulk-query,
 * cursor (not used as issued), document, file-url, page-info-filters, page-size, query-cost, refresh-token
 * (unknown, or refused before), rest-field, rest-parameter, rest-value, retry-after (too early),
 * search-date, search-field, token-to-file, unsupported, variables, version.
 *
 * Counted, but not violations: `throttled` and `limited` (replies of a full bucket), `unauthorized`,
 * `uninstalled` (requests after an uninstall, with the time since it in `afterUninstallMs`), `worstSecond`.
 */
export { startShopifyStandIn } from './server.ts';
export type { ShopifyStandIn, ShopifyStandInOptions } from './server.ts';
export type { AppConfig, AppWebhooks } from './app.ts';
export { DEV_ACCESS_TOKEN } from './shop.ts';
export type { Limits, Shop, ShopStats } from './shop.ts';
export { shopIdOf } from './webhooks/payloads.ts';
export { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from './oauth/credentials.ts';
export { fullNamespace } from './metafields/store.ts';
export type { Metafield, MetafieldDefinition } from './metafields/store.ts';
export { signQuery } from './oauth/sign-query.ts';
export type { Consent } from './oauth/authorize.ts';
export type { SessionClaims, SessionTokenOverrides } from './oauth/session-token.ts';
export type { TokenPair } from './oauth/tokens.ts';
export { RULES } from './rules.ts';
export type { Rule, RuleName } from './rules.ts';
export type { Approval } from './approval.ts';
export type { RequestedWebhook } from './changes.ts';
export type { ChurnOptions } from './faults/churn.ts';
export type { Fault, FaultKind } from './faults/faults.ts';
export type { Reply } from './reply.ts';
export type { Violation } from './violations.ts';
export type { Delivery } from './webhooks/delivery.ts';
export type { Topic as WebhookTopic } from './webhooks/payloads.ts';
export type { WebhookTarget } from './webhooks/sender.ts';
export type { Subscription } from './webhooks/subscriptions.ts';
export type { StandInCustomer } from './customers.ts';
export type { ShopSettings } from './control.ts';
export type { LifeRequests } from './control-life.ts';
export { loadAdminSchema, SUPPORTED_VERSIONS } from './schema.ts';
export { validateAdminDocument } from './validate.ts';
export { PLANS } from './throttle.ts';
export { REST_PLANS } from './rest/bucket.ts';
export type { Plan } from './throttle.ts';
