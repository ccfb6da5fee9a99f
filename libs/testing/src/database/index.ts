export * from './create-core-database.ts';
export * from './create-test-database.ts';
export * from './test-services.ts';
