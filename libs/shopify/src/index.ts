export * from './answers/errors.ts';
export * from './answers/merchant-messages.ts';
export { parseCallLimit } from './answers/call-limit.ts';
export * from './client/api-version.ts';
export {
  createShopClient,
  type BindShop,
  type ShopClientOptions,
  type ShopTokens,
} from './client/create-shop-client.ts';
export * from './client/env.ts';
export type { ShopClient } from './client/shop-client.ts';
export type { Access, AdminApi } from './client/transport.ts';
export type { Api } from './limiter/limiter-figures.ts';
export {
  retryAfterMessage,
  createLimiter,
  type Limit,
  type Limiter,
  type LimiterOptions,
  type Outcome,
  type Scripts,
} from './limiter/limiter.ts';
export { createPlanTierCache, type PlanTierCache } from './limiter/plan-tier-cache.ts';
export { appUrlOf, authorizeUrl, grantScopesUrl, isHostOf } from './oauth/app-urls.ts';
export { exchangeCode, exchangeSessionToken, GrantRefused, type GrantedTokens } from './oauth/exchange.ts';
export { nullIfRefused, requestTokens } from './oauth/request-tokens.ts';
export { IMPORT_SCOPES, missingScopes, OPTIONAL_SCOPES, SEGMENT_SCOPES } from './oauth/scopes.ts';
export { SessionTokenRefused, type SessionToken } from './oauth/session-claims.ts';
export { createSessionTokenReader, type ReadSessionToken } from './oauth/session-token.ts';
export { QueryRefused, readSignedQuery } from './oauth/signed-query.ts';
export type { TokenEndpoint } from './oauth/token-endpoint.ts';
export { chooseSource } from './planning/choose-source.ts';
export { countCustomers } from './planning/count.ts';
export { planRanges } from './planning/partition-range.ts';
export { memoizeReplies } from './planning/memoize-replies.ts';
export { proveShop, ShopUnproven, type ShopProof } from './prove-shop.ts';
export { readCustomerAccess, type CustomerAccess } from './read-customer-access.ts';
export { defineMetafields, hasMetafields, removeMetafields } from './segments/define-metafields.ts';
export { deleteMetafields } from './segments/delete-metafields.ts';
export { MAX_METAFIELDS, METAFIELD_KEYS, MetafieldsRefused } from './segments/metafields.ts';
export { setMetafields, type CustomerMetafields } from './segments/set-metafields.ts';
export { cancelBulk } from './sources/bulk/cancel-bulk.ts';
export { fetchByIds } from './sources/graphql/by-ids.ts';
export { readNode } from './sources/graphql/customer-node.ts';
export { readCursor, writeCursor, type GraphqlCursor, type VerifyCursor } from './sources/cursor.ts';
export type { ShopCustomer } from './sources/shop-customer.ts';
export { NotReady, type Page, type Reading, type Source } from './sources/source.ts';
export { createSources, type SourceName, type Sources } from './sources/sources.ts';
export {
  isOfService,
  planSubscriptions,
  scopeOfTopic,
  webhooksAddress,
  WEBHOOKS_PATH,
} from './webhooks/plan-subscriptions.ts';
export {
  createSubscription,
  deleteSubscription,
  listSubscriptions,
  moveSubscription,
  type RefusedSubscription,
} from './webhooks/subscriptions.ts';
