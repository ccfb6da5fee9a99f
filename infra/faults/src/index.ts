export { runEventFaults, type FaultRun } from './events/run.ts';
