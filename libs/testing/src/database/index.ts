export * from './create-core-database.ts';
export * from './create-test-database.ts';
export * from './end-pool.ts';
export { PARTITIONS, partitionName, remainderOf, testLayout, TEST_LAYOUT, type Layout } from './layout.ts';
export { WHOLE } from './partition-tables.ts';
export { TEST_PREPARE } from './prepare-template.ts';
export * from './seed-customers.ts';
export * from './shop-connections.ts';
export * from './test-services.ts';
