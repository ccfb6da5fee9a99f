/** Replaces libs/reads/src/read-batcher.ts in a second bundle of the api: one statement per read. */
export function createReadBatcher<K, V>(
  load: (keys: readonly K[]) => Promise<readonly V[]>,
): (key: K) => Promise<V> {
  return async (key) => (await load([key]))[0] as V;
}
