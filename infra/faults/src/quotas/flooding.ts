/**
 * The line with which the driver of a flood reports that it is refused. It is in a separate file, because a
 * driver runs when it is imported.
 */
export const FLOODING = 'flooding';

/** Every machine has emptied a bucket by then: a driver that waits for a refusal continues without one. */
export const REFUSED_WITHIN_MS = 60_000;
