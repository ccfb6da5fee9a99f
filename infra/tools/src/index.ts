export { runAll } from './test/run-all.ts';
