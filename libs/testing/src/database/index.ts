export * from './create-core-database.ts';
export * from './create-test-database.ts';
export * from './end-pool.ts';
export * from './seed-customers.ts';
export * from './test-services.ts';
