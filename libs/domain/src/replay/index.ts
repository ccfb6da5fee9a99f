export { raiseVersions, type PublishedVersion, type Raised } from './raise-versions.ts';
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
export { RESOLUTION_SKEW_SECONDS, resolveDeadLetter, type ResolveDeadLetter } from './resolve-dead-letter.ts';
