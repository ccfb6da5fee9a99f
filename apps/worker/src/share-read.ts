/**
 * Returns a read that several gauges of one scrape share. Each gauge must call it itself: a scrape collects a
 * gauge that does not call it before the read of the others has finished, and shows the values of the
 * previous scrape. The read returns undefined while the database is unavailable: the gauges keep their last
 * values.
 */
export function shareRead<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined;
  return () =>
    (reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined)));
}
