/** The line by which the driver of a flood announces that it is refused. A file of its own: a driver runs when it is imported. */
export const FLOODING = 'flooding';
