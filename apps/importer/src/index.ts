export { importerEnv } from './config.ts';
