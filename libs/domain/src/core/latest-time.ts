const DAY_MS = 86_400_000;

/**
 * Returns the latest time that a source may report for an event in the past, in ms since 1970. A later time
 * would be newer than everything that arrives until then, and would freeze its customer. A day covers wrong
 * clocks and time zones.
 */
export const latestTime = (now = Date.now()): number => now + DAY_MS;
