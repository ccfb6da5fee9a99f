export { opsEnv } from './config.ts';
