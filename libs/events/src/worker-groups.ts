import { Topic } from '@core/contracts';

/** The topics that the worker consumes. */
export const INBOUND = [Topic.rfmUpdated, Topic.gdprRequestCreated];

/** The worker's name in the inbox, and what the names of its consumer groups begin with. */
export const WORKER_GROUP = 'core-worker';

/**
 * Each topic has a group of its own, so that none waits for the rebalances, the backlog or the absence of another. The
 * scores keep the group that both had before.
 */
export const workerGroup = (topic: string): string =>
  topic === Topic.rfmUpdated ? WORKER_GROUP : `${WORKER_GROUP}.${topic}`;
