const QUIET_MS = 10_000;

/** Tells the first error and then one in ten seconds, with the number since: an outage must not flood the log. */
export function seldom(tell: (error: unknown, times: number) => void): (error: unknown) => void {
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
