import { Topic } from '@core/contracts';

/** The topics that the worker consumes. */
export const INBOUND = [Topic.rfmUpdated, Topic.gdprRequestCreated];

/** The worker's name in the inbox, and the prefix of its consumer groups. */
export const WORKER_GROUP = 'core-worker';

/**
 * Returns the consumer group of a topic. Each topic has its own group, so that none waits for the rebalances,
 * the backlog or the absence of another. The scores keep the group that both topics had before.
 */
export const workerGroup = (topic: string): string =>
  topic === Topic.rfmUpdated ? WORKER_GROUP : `${WORKER_GROUP}.${topic}`;
