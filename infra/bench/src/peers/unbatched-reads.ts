/** Stands in for libs/reads/src/batch-reads.ts in a second bundle of the api: one statement per read. */
export function batchReads<K, V>(
  load: (keys: readonly K[]) => Promise<readonly V[]>,
): (key: K) => Promise<V> {
  return async (key) => (await load([key]))[0] as V;
}
