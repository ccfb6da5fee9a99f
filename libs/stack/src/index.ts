export { type App, type LaunchApp } from './apps.ts';
export type { Database } from './database.ts';
export type { Given, GivenRequest, GivenRun } from './given.ts';
export type { AppName, Role, StackOptions } from './options.ts';
export type { PoolSettings } from './pools.ts';
export { newSecrets, type Secrets } from './secrets.ts';
export { stopLeftovers } from './services.ts';
export type { Stack } from './stack.ts';
export { startStack } from './start-stack.ts';
