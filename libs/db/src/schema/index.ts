export * from './customers.ts';
export * from './events.ts';
export * from './functions.ts';
export * from './imports.ts';
export * from './privacy.ts';
export * from './settings.ts';
export * from './shops.ts';
