export { runEventFaults } from './events/run.ts';
export { runFloods } from './floods/run.ts';
export { runImportFaults } from './import/run.ts';
export { runMalformedRequests } from './requests/run.ts';
export { runMigrationFaults } from './migrations/run.ts';
export { runUpdateFaults } from './update/run.ts';
export { runQuotaFaults } from './quotas/run.ts';
export type { FaultRun, FaultRunOptions } from './run-options.ts';
