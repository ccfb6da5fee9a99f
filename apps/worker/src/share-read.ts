/**
 * Returns a read that several gauges of one scrape share. Each gauge must call it itself: otherwise the
 * scrape collects that gauge before the shared read has finished, with the value of the previous scrape. The
 * read returns undefined while the database is unavailable: the gauges keep their last values.
 */
export function shareRead<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined;
  return () =>
    (reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined)));
}
