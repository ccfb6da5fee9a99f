export * from './api-version.ts';
export { createShopifyClient, type ShopifyClient, type ShopifyReply, type ShopifyRequest } from './client.ts';
export * from './env.ts';
export * from './errors.ts';
export * from './merchant-messages.ts';
export * from './prove-shop.ts';
export { parseRetryAfter } from './retry-after.ts';
export {
  askAdminApi,
  assertAnswered,
  parseObject,
  sendToShop,
  withTimeLimit,
  type Access,
  type AdminApi,
  type HttpReply,
} from './transport.ts';
