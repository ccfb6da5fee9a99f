const DAY_MS = 86_400_000;

/**
 * The latest time that a source may give for something that has happened, in ms since 1970. A later one would be newer than
 * all that comes until then, and would freeze its customer. A day covers wrong clocks and time zones.
 */
export const latestTime = (now = Date.now()): number => now + DAY_MS;
