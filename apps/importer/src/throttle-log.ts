const QUIET_MS = 10_000;

/**
 * Reports the first error, then at most one every ten seconds with the count since. An outage must not flood
 * the log.
 */
export function throttleLog(tell: (error: unknown, times: number) => void): (error: unknown) => void {
  let toldAt = -Infinity;
  let since = 0;
  return (error) => {
    since++;
    if (Date.now() - toldAt < QUIET_MS) return;
    toldAt = Date.now();
    tell(error, since);
    since = 0;
  };
}
