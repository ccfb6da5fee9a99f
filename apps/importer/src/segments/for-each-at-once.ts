/**
 * Processes the items, `most` at once. After a failure no further item is started; rejects with the first
 * failure once those in progress have ended.
 */
export async function forEachAtOnce<T>(
  most: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    for (const item of waiting) {
      if (failed) return;
      await work(item).catch((error: unknown) => void (failed ??= { error }));
    }
  };
  await Promise.all(Array.from({ length: most }, lane));
  if (failed) throw failed.error;
}
