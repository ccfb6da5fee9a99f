export { runEventFaults } from './events/run.ts';
export { runFailoverFaults } from './failover/run.ts';
export { runImportFaults } from './import/run.ts';
export type { FaultRun, FaultRunOptions } from './run-options.ts';
