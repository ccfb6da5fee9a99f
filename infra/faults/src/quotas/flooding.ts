/** The line by which the driver of a flood announces that it is refused. A file of its own: a driver runs when it is imported. */
export const FLOODING = 'flooding';

/** Every machine has emptied a bucket by then: a driver that waits for a refusal goes on without one. */
export const REFUSED_WITHIN_MS = 60_000;
