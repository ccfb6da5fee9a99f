export * from './env.ts';
export * from './run-service.ts';
