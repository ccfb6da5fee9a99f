export { runNx } from './test/run-nx.ts';
