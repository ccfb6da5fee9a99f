export { countRotation } from './start-rotation.ts';
export { OLD_KEYS_KEPT_MS } from './finish-rotation.ts';
export { readKeyStatus, type KeyStatus, type RotationStatus } from './read-key-status.ts';
export { assertRetirable, retireKey } from './retire-key.ts';
export { rewrapMerchants, type RewrapMerchants, type RewrappedPage } from './rewrap-merchants.ts';
export {
  rotateMerchants,
  type RotateMerchants,
  type RotationProgress,
  type RotationResult,
} from './rotate-merchants.ts';
