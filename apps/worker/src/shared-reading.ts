/**
 * A reading that several gauges of a scrape share. Each asks for itself, as a scrape reads one that does not before the
 * others have asked, and shows what they found the time before. Undefined while the database is away: the last figures
 * stand.
 */
export function sharedReading<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined;
  return () =>
    (reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined)));
}
