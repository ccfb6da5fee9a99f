export * from './read-batcher.ts';
export * from './config.ts';
export { CONSISTENCY_TOKEN, newestToken } from './position.ts';
export * from './read-router.ts';
