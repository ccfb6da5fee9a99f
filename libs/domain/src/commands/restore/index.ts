export { findErasedSince, type ErasedSince } from './find-erased-since.ts';
export { readKept, type Kept, type KeptRequest, type KeptTombstone } from './kept.ts';
export { putBackKept, type PutBack } from './put-back-kept.ts';
export { raiseVersions, type PublishedVersion, type Raised } from './raise-versions.ts';
