export { findUnknownCustomers, hasCustomers } from './find-unknown-customers.ts';
export { raiseVersions, type PublishedVersion, type Raised } from './raise-versions.ts';
export { readEndOfReplay } from './read-end-of-replay.ts';
export { readRefused, type RefusedEvent } from './read-refused.ts';
export { readResolutions, type Resolution, type Resolutions } from './read-resolutions.ts';
export { recordPublishedEvent } from './record-published-event.ts';
export {
  appendReplayed,
  EVERY_FIELD,
  replayCustomers,
  type ReplayCustomers,
  type ReplayedPage,
} from './replay-customers.ts';
export { countReplay, type ReplayCursor, type ReplaySelection } from './replay-selection.ts';
export { republishRefused, type Republished } from './republish-refused.ts';
export { resolveDeadLetter, type ResolveDeadLetter } from './resolve-dead-letter.ts';
