export * from './answers/errors.ts';
export * from './answers/merchant-messages.ts';
export { parseRetryAfter } from './answers/retry-after.ts';
export * from './client/api-version.ts';
export {
  createShopifyClient,
  type ShopifyClient,
  type ShopifyReply,
  type ShopifyRequest,
} from './client/client.ts';
export * from './client/env.ts';
export {
  askAdminApi,
  assertAnswered,
  parseObject,
  sendToShop,
  withTimeLimit,
  type Access,
  type AdminApi,
  type HttpReply,
} from './client/transport.ts';
export { parseCallLimit, type Api } from './limiter/limiter-figures.ts';
export {
  asksToWait,
  createLimiter,
  type Limiter,
  type LimiterOptions,
  type Outcome,
  type Scripts,
} from './limiter/limiter.ts';
export { createTiers, type Tiers } from './limiter/tiers.ts';
export { RefreshRefused, requestTokens, type TokenEndpoint } from './oauth/request-tokens.ts';
export { chooseSource } from './planning/choose-source.ts';
export { countCustomers } from './planning/count.ts';
export { planRanges } from './planning/cut-range.ts';
export * from './prove-shop.ts';
export { cancelBulk } from './sources/bulk/cancel-bulk.ts';
export { LOOK_COST, START_COST } from './sources/bulk/operation.ts';
export { fetchByIds } from './sources/graphql/by-ids.ts';
export { readNode } from './sources/graphql/customer-node.ts';
export type { ShopCustomer } from './sources/shop-customer.ts';
export type { Limit, Source, SourcePage, SourceQuery } from './sources/source.ts';
export { createSources } from './sources/sources.ts';
