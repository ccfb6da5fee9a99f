export { startApi, type RunningApi } from './api.ts';
export { apiEnv, type ApiEnv } from './config.ts';
