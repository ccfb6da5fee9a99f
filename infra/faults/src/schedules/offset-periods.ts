const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The offset of a zone's clock from UTC, starting at an instant. */
export interface OffsetPeriod {
  fromMs: number;
  offsetMs: number;
}

/**
 * Returns the offsets of a zone between two instants, according to Intl. The product uses Temporal: a test
 * oracle that used it too would share its faults. Two changes within six hours would be missed; no zone has
 * had them since 1970.
 */
export function offsetPeriodsOf(timeZone: string, fromMs: number, untilMs: number): OffsetPeriod[] {
  const offsetAt = createOffsetReader(timeZone);
  const periods = [{ fromMs, offsetMs: offsetAt(fromMs) }];
  for (let at = fromMs; at < untilMs; at += 6 * HOUR_MS) {
    const offsetMs = offsetAt(at + 6 * HOUR_MS);
    if (offsetMs === periods.at(-1)?.offsetMs) continue;
    let [before, after] = [at, at + 6 * HOUR_MS];
    while (after - before > MINUTE_MS) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === offsetMs) after = middle;
      else before = middle;
    }
    periods.push({ fromMs: after, offsetMs });
  }
  return periods;
}

function createOffsetReader(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const { year, month, day, hour, minute, second } = Object.fromEntries(
      format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]),
    ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
    return Date.UTC(year, month - 1, day, hour, minute, second) - ms;
  };
}
