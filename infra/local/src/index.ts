export { localSecrets } from './stack/secrets.ts';
export { writeStackEnv } from './stack/stack-env.ts';
export { startLocalStack, type LocalOptions, type LocalStack } from './stack/stack.ts';
export { ensureSystem } from './system/index.ts';
export { queryDatabase } from './tour/context.ts';
export { compareRows, idsOfShop } from './tour/import-customers.ts';
export { runTour } from './tour/tour.ts';
