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
export { RefreshRefused, requestTokens, type TokenEndpoint } from './oauth/request-tokens.ts';
export { chooseSource } from './planning/choose-source.ts';
export { countCustomers } from './planning/count.ts';
export { planRanges } from './planning/partition-range.ts';
export { memoizeReplies } from './planning/memoize-replies.ts';
export { proveShop, ShopUnproven, type ShopProof } from './prove-shop.ts';
export { cancelBulk } from './sources/bulk/cancel-bulk.ts';
export { fetchByIds } from './sources/graphql/by-ids.ts';
export { readNode } from './sources/graphql/customer-node.ts';
export { readCursor, writeCursor, type GraphqlCursor, type VerifyCursor } from './sources/cursor.ts';
export type { ShopCustomer } from './sources/shop-customer.ts';
export { NotReady, type Page, type Reading, type Source } from './sources/source.ts';
export { createSources, type SourceName, type Sources } from './sources/sources.ts';
