import { setTimeout as sleep } from 'node:timers/promises';
import { announce } from './announce.ts';
import type { Pool } from './pool.ts';

/** A pool that keeps its statements and answers each when told to. */
function fakePool(answer: () => Promise<unknown> = async () => undefined) {
  const asked: string[] = [];
  const query = (text: string) => (asked.push(text), answer());
  return { pool: { query } as unknown as Pool, asked };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(2);
};

it('sends the first at once and one more for all that come soon after', async () => {
  const { pool, asked } = fakePool();
  announce(pool, 'outbox');
  expect(asked).toEqual(['notify "outbox"']);
  for (let n = 0; n < 50; n++) announce(pool, 'outbox');
  expect(asked).toHaveLength(1);
  await until(() => asked.length > 1);
  announce(pool, 'outbox');
  expect(asked).toHaveLength(2);
  await until(() => asked.length > 2);
});

it('keeps pools and channels apart', () => {
  const [one, other] = [fakePool(), fakePool()];
  announce(one.pool, 'a');
  announce(one.pool, 'b');
  announce(other.pool, 'a');
  expect([one.asked, other.asked]).toEqual([['notify "a"', 'notify "b"'], ['notify "a"']]);
});

it('has one under way at most', async () => {
  const answer = Promise.withResolvers<void>();
  const { pool, asked } = fakePool(() => answer.promise);
  announce(pool, 'outbox');
  announce(pool, 'outbox');
  const clock = fakePool();
  for (let windows = 1; windows <= 4; windows++) {
    announce(clock.pool, 'outbox');
    await until(() => clock.asked.length === windows);
  }
  expect(asked).toHaveLength(1);
  answer.resolve();
  await until(() => asked.length === 2);
});

it('lets go what cannot be sent, and sends the next', async () => {
  const { pool, asked } = fakePool(() =>
    Promise.reject(new Error('Cannot use a pool after calling end on the pool')),
  );
  announce(pool, 'outbox');
  announce(pool, 'outbox');
  await until(() => asked.length === 2);
  announce(pool, 'outbox');
  await until(() => asked.length === 3);
});
