export { countRotation } from './begin-rotation.ts';
export { OLD_KEYS_KEPT_MS } from './end-rotation.ts';
export * from './read-key-status.ts';
export * from './retire-key.ts';
export * from './rewrap-merchants.ts';
export * from './rotate-merchants.ts';
