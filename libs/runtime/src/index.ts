export * from './admin-server.ts';
export * from './app.ts';
export * from './env.ts';
export * from './errors.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './retry.ts';
export * from './shutdown.ts';
