export { runEventFaults } from './events/run.ts';
export { runImportFaults } from './import/run.ts';
export { runQuotaFaults } from './quotas/run.ts';
export type { FaultRun, FaultRunOptions } from './run-options.ts';
