export { workerEnv } from './config.ts';
