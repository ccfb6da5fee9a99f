const QUIET_MS = 10_000;

/**
 * Reports the first error, then at most one every ten seconds with the count since. An outage must not flood
 * the log.
 */
export function throttleLog(log: (error: unknown, times: number) => void): (error: unknown) => void {
  let loggedAt = -Infinity;
  let count = 0;
  return (error) => {
    count++;
    if (Date.now() - loggedAt < QUIET_MS) return;
    loggedAt = Date.now();
    log(error, count);
    count = 0;
  };
}
