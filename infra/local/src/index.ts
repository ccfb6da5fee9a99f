export { runOps } from './stack/run-ops.ts';
export { localSecrets } from './stack/secrets.ts';
export { writeStackEnv } from './stack/stack-env.ts';
export { startStack, type Stack, type StackOptions } from './stack/stack.ts';
export { ensureSystem } from './system/index.ts';
export { queryDatabase } from './tour/context.ts';
export { compareRows, idsOfShop } from './tour/import-customers.ts';
export { runTour } from './tour/tour.ts';
