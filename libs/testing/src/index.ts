export * from './api-environment.ts';
export * from './auth/index.ts';
export * from './canary/search-tables.ts';
export * from './database/index.ts';
export * from './grpc/client.ts';
export * from './ledger/check-ledger.ts';
export { seeded } from './seeded.ts';
export * from './services/index.ts';
export * from './shopify/index.ts';
