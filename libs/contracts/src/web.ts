// The generated contracts for a page in a browser: the index also exports readers that need Node.
export * from './gen/core/v1/core_pb.ts';
export * from './gen/core/v1/import_pb.ts';
export * from './gen/core/v1/privacy_pb.ts';
export * from './gen/core/v1/rfm_pb.ts';
export * from './gen/core/v1/shop_pb.ts';
export { SHOP_DOMAIN } from './shop-domain.ts';
