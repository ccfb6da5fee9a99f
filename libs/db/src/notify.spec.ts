import { setTimeout as sleep } from 'node:timers/promises';
import { notify } from './notify.ts';
import type { Pool } from './pool.ts';

/** A pool that records its statements and answers each when `answer` resolves. */
function fakePool(answer: () => Promise<unknown> = async () => undefined) {
  const asked: string[] = [];
  const query = (text: string) => (asked.push(text), answer());
  return { pool: { query } as unknown as Pool, asked };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(2);
};

it('sends the first at once, and one more for all that follow within the window', async () => {
  const { pool, asked } = fakePool();
  notify(pool, 'outbox');
  expect(asked).toEqual(['notify "outbox"']);
  for (let n = 0; n < 50; n++) notify(pool, 'outbox');
  expect(asked).toHaveLength(1);
  await until(() => asked.length > 1);
  notify(pool, 'outbox');
  expect(asked).toHaveLength(2);
  await until(() => asked.length > 2);
});

it('keeps pools and channels apart', () => {
  const [one, other] = [fakePool(), fakePool()];
  notify(one.pool, 'a');
  notify(one.pool, 'b');
  notify(other.pool, 'a');
  expect([one.asked, other.asked]).toEqual([['notify "a"', 'notify "b"'], ['notify "a"']]);
});

it('has at most one NOTIFY in flight', async () => {
  const answer = Promise.withResolvers<void>();
  const { pool, asked } = fakePool(() => answer.promise);
  notify(pool, 'outbox');
  notify(pool, 'outbox');
  const clock = fakePool();
  for (let windows = 1; windows <= 4; windows++) {
    notify(clock.pool, 'outbox');
    await until(() => clock.asked.length === windows);
  }
  expect(asked).toHaveLength(1);
  answer.resolve();
  await until(() => asked.length === 2);
});

it('drops a NOTIFY that fails, and sends the next', async () => {
  const { pool, asked } = fakePool(() =>
    Promise.reject(new Error('Cannot use a pool after calling end on the pool')),
  );
  notify(pool, 'outbox');
  notify(pool, 'outbox');
  await until(() => asked.length === 2);
  notify(pool, 'outbox');
  await until(() => asked.length === 3);
});
