export * from './batch-reads.ts';
export * from './config.ts';
export { CONSISTENCY_TOKEN, newestToken } from './position.ts';
export * from './read-router.ts';
