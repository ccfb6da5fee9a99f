export { runEventFaults } from './events/run.ts';
export { runFloods } from './floods/run.ts';
export { runImportFaults } from './import/run.ts';
export { runMalformedRequests } from './requests/run.ts';
export type { FaultRun, FaultRunOptions } from './run-options.ts';
