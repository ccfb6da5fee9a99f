import { createReadBatcher } from './read-batcher.ts';

/** A loader whose statements complete when the spec decides. */
function controlled() {
  const batches: {
    keys: readonly number[];
    answer: (values?: number[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const load = (keys: readonly number[]) =>
    new Promise<number[]>((resolve, reject) =>
      batches.push({ keys, answer: (values = keys.map((key) => key * 10)) => resolve(values), fail: reject }),
    );
  return { batches, load };
}
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('createReadBatcher', () => {
  it('reads all keys requested in one turn with one statement, and returns each caller its own value', async () => {
    const { batches, load } = controlled();
    const read = createReadBatcher(load);
    const all = Promise.all(range(5).map(read));
    await turn();
    expect(batches.map(({ keys }) => keys)).toEqual([range(5)]);
    batches[0]!.answer();
    expect(await all).toEqual([0, 10, 20, 30, 40]);
  });

  it('runs at most two statements at once, and batches further keys in that time', async () => {
    const { batches, load } = controlled();
    const read = createReadBatcher(load);
    const results: Promise<number>[] = [];
    for (const key of range(6)) {
      results.push(read(key));
      await turn();
    }
    expect(batches.map(({ keys }) => keys)).toEqual([[0], [1]]);
    batches[0]!.answer();
    await turn();
    expect(batches.map(({ keys }) => keys)).toEqual([[0], [1], [2, 3, 4, 5]]);
    batches.slice(1).forEach((batch) => batch.answer());
    expect(await Promise.all(results)).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it('splits more keys than fit into one statement', async () => {
    const { batches, load } = controlled();
    const read = createReadBatcher(load, { maxKeys: 4 });
    const all = Promise.all(range(10).map(read));
    await turn();
    expect(batches.map(({ keys }) => keys.length)).toEqual([4, 4]);
    batches.forEach((batch) => batch.answer());
    await turn();
    expect(batches.map(({ keys }) => keys.length)).toEqual([4, 4, 2]);
    batches[2]!.answer();
    expect(await all).toEqual(range(10).map((key) => key * 10));
  });

  it('fails only the callers of a failed statement', async () => {
    const { batches, load } = controlled();
    const read = createReadBatcher(load);
    const failing = Promise.allSettled([read(1), read(2)]);
    await turn();
    const next = read(3);
    await turn();
    batches[0]!.fail(new Error('gone'));
    batches[1]!.answer();
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await next).toBe(30);
    const after = read(4);
    await turn();
    batches[2]!.answer();
    expect(await after).toBe(40);
  });

  it('fails the callers when the number of values differs from the number of keys', async () => {
    const { batches, load } = controlled();
    const read = createReadBatcher(load);
    const both = Promise.allSettled([read(1), read(2)]);
    await turn();
    batches[0]!.answer([10]);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
