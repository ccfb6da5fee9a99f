import { createSharedPolls, type PollResult } from './shared-poll.ts';

type Thing = { of: string };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** Polls that the spec completes, and the number of polls that were started for each thing. */
function stage({ everyMs = 1, leastMs = 0 } = {}) {
  const polls: {
    of: string;
    see(value: number, last?: boolean): void;
    miss(): void;
    fail(error: Error): void;
  }[] = [];
  const watch = createSharedPolls<Thing, number>(
    ({ of }) => of,
    ({ of }) =>
      () => {
        const { promise, resolve, reject } = Promise.withResolvers<PollResult<number> | undefined>();
        polls.push({
          of,
          see: (value, last = false) => resolve({ value, last }),
          miss: () => resolve(undefined),
          fail: reject,
        });
        return promise;
      },
    { name: 'thing poll', everyMs, leastMs },
  );
  const until = async (count: number) => {
    while (polls.length < count) await turn();
    return polls[count - 1]!;
  };
  const begin = (of = 'a', signal = never) => watch({ of }, signal)[Symbol.asyncIterator]();
  return { polls, until, begin };
}
const value = (of: Promise<IteratorResult<number, void>>) => of.then((result) => result.value);

it('polls once for all watchers', async () => {
  const { polls, until, begin } = stage();
  const watchers = Array.from({ length: 10 }, () => begin());
  const five = Promise.all(
    watchers.map(async (watcher) => {
      const seen: unknown[] = [];
      while (seen.length < 5) seen.push(await value(watcher.next()));
      await watcher.return!();
      return seen;
    }),
  );
  let over = false;
  void five.then(() => (over = true));
  for (let n = 1; !over; await turn()) if (polls.length >= n) (await until(n)).see(n++);
  for (const seen of await five) expect(seen).toEqual([...seen].sort((a, b) => Number(a) - Number(b)));
  // The other watchers arrived during the first poll, so the second serves them; the slowest may be one poll
  // late.
  expect(polls.length).toBeLessThanOrEqual(8);
});

it('polls different things separately', async () => {
  const { polls, until, begin } = stage();
  const [a, b] = [begin('a'), begin('b')];
  const [first, second] = [value(a.next()), value(b.next())];
  (await until(2)).see(2);
  polls[0]!.see(1);
  expect([polls.map(({ of }) => of), await first, await second]).toEqual([['a', 'b'], 1, 2]);
  await a.return!();
  await b.return!();
});

it('gives a slow reader only the newest value', async () => {
  const { until, begin } = stage();
  const [slow, quick] = [begin(), begin()];
  const first = value(slow.next());
  (await until(1)).see(1);
  expect(await first).toBe(1);
  for (let n = 2; n <= 6; n++) {
    const next = value(quick.next());
    (await until(n)).see(n);
    await next;
  }
  expect(await value(slow.next())).toBe(6);
  await slow.return!();
  await quick.return!();
});

it('starts polling with the first watcher and stops with the last', async () => {
  const { polls, until, begin } = stage();
  expect(polls).toHaveLength(0);
  const [one, two] = [begin(), begin()];
  const both = [value(one.next()), value(two.next())];
  (await until(1)).see(1);
  (await until(2)).see(2);
  await Promise.all(both);
  await one.return!();
  (await until(3)).see(3);
  await two.return!();
  const after = polls.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(polls).toHaveLength(after);
});

it('ends with the signal, even during a poll', async () => {
  const { until, begin, polls } = stage();
  const gone = new AbortController();
  const next = begin('a', gone.signal).next();
  await until(1);
  gone.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  polls[0]!.see(1);
  await turn();
  expect(polls).toHaveLength(1);
});

it('throws a failure to all watchers, and polls again for a later one', async () => {
  const { until, begin } = stage();
  const all = [begin(), begin()].map((watcher) => watcher.next());
  (await until(1)).fail(new Error('no'));
  for (const each of all) await expect(each).rejects.toThrow('no');
  const next = value(begin().next());
  (await until(2)).see(7, true);
  expect(await next).toBe(7);
});

it('gives the last value to all watchers and ends', async () => {
  const { until, begin } = stage();
  const [one, two] = [begin(), begin()];
  const both = [value(one.next()), value(two.next())];
  (await until(1)).see(1);
  (await until(2)).see(2, true);
  expect(await Promise.all(both)).toEqual([1, 2]);
  expect(await value(one.next())).toBe(2);
  expect([(await one.next()).done, (await two.next()).done]).toEqual([true, true]);
});

it('gives no value that was read before the watcher arrived', async () => {
  const { until, begin } = stage({ everyMs: 600_000 });
  const early = begin();
  const first = value(early.next());
  (await until(1)).see(1);
  expect(await first).toBe(1);
  const late = begin();
  const next = value(late.next());
  (await until(2)).see(2); // at once, not after ten minutes
  expect(await next).toBe(2);
  await early.return!();
  await late.return!();
});

it('polls again for a watcher that arrived during the last poll', async () => {
  const { until, begin } = stage();
  const first = value(begin().next());
  const look = await until(1);
  const late = value(begin().next());
  look.see(1, true);
  expect(await first).toBe(1);
  (await until(2)).see(2, true);
  expect(await late).toBe(2);
});

it('keeps the minimum interval however many watchers arrive', async () => {
  const { polls, until, begin } = stage({ everyMs: 600_000, leastMs: 600_000 });
  const first = begin();
  const next = value(first.next());
  (await until(1)).see(1);
  await next;
  const gone = new AbortController();
  const late = Array.from({ length: 100 }, () => begin('a', gone.signal).next());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(polls).toHaveLength(1);
  gone.abort();
  await Promise.all(late);
  await first.return!();
});

it('continues when a poll returns no value', async () => {
  const { until, begin } = stage();
  const next = value(begin().next());
  (await until(1)).miss();
  (await until(2)).see(2, true);
  expect(await next).toBe(2);
});
