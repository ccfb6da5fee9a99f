import { pause } from '@core/runtime';
import { LIMITS, supervise, type ConsumerLife } from './supervise.ts';

/** Creates a life that ends or closes when the spec makes it. */
function newLife({ close = async () => undefined }: { close?: () => Promise<void> } = {}) {
  const { promise: over, resolve: end } = Promise.withResolvers<Error>();
  const closed = jest.fn(close);
  return { healthy: () => true, over, end, close: closed } satisfies ConsumerLife & { end: unknown };
}

const until = async (met: () => boolean) => {
  while (!met()) await pause(5);
};
const onOver = jest.fn();
beforeEach(() => jest.clearAllMocks());
const start = (open: () => Promise<ConsumerLife>, limits: Partial<typeof LIMITS> = {}) =>
  supervise(open, { onOver, limits: { ...LIMITS, ...limits } });

it('throws the first failure to the caller', async () => {
  const open = jest.fn().mockRejectedValue(new Error('no broker'));
  await expect(start(open)).rejects.toThrow('no broker');
  expect(open).toHaveBeenCalledTimes(1);
});

it('gives up a first opening that does not finish, and closes it if it finishes later', async () => {
  const late = newLife();
  const opening = Promise.withResolvers<ConsumerLife>();
  await expect(start(() => opening.promise, { openMs: 20 })).rejects.toThrow('could not join');
  opening.resolve(late);
  await until(() => late.close.mock.calls.length === 1);
});

it('replaces a consumer that ended, even if it does not close and the next ones fail', async () => {
  const [first, second] = [newLife({ close: () => new Promise(() => undefined) }), newLife()];
  const open = jest
    .fn()
    .mockResolvedValueOnce(first)
    .mockRejectedValueOnce(new Error('no broker'))
    .mockImplementationOnce(() => new Promise(() => undefined))
    .mockResolvedValue(second);
  const consumer = await start(open, { openMs: 20 });
  expect(consumer.joined()).toBe(true);
  first.end(new Error('stuck'));
  await until(() => !consumer.joined());
  expect(first.close).toHaveBeenCalledTimes(1);
  await until(() => consumer.joined());
  expect(open).toHaveBeenCalledTimes(4);
  expect(onOver.mock.calls.map(([error]: [Error]) => error.message)).toEqual([
    'stuck',
    'no broker',
    'could not join the group within 0.02 s',
  ]);
  await consumer.close();
  expect(second.close).toHaveBeenCalledTimes(1);
  expect(consumer.joined()).toBe(false);
});

it('never gives up, and reports for how long it has failed', async () => {
  let opened = 0;
  const open = async () => {
    if (opened++ > 0 && opened < 6) throw new Error('no such topic');
    const life = newLife();
    if (opened === 1) setImmediate(() => life.end(new Error('the topic was deleted')));
    return life;
  };
  const consumer = await start(open);
  await until(() => opened === 6 && consumer.joined());
  const failing = onOver.mock.calls.map(([, ms]: [Error, number]) => ms);
  expect(failing).toHaveLength(5);
  expect(failing[0]).toBe(0);
  expect(failing).toEqual([...failing].sort((a, b) => a - b));
  expect(failing.at(-1)).toBeGreaterThan(0);
  await consumer.close();
});

it('resets the failure time after a stable life', async () => {
  const lives = Array.from({ length: 4 }, () => newLife());
  let opened = 0;
  const consumer = await start(async () => lives[opened++]!, { stableMs: 0 });
  for (const life of lives.slice(0, 3)) {
    await until(() => consumer.joined());
    await pause(400);
    life.end(new Error('crashed'));
    await until(() => !consumer.joined());
  }
  await until(() => consumer.joined());
  expect(onOver.mock.calls.map(([, ms]: [Error, number]) => ms)).toEqual([0, 0, 0]);
  await consumer.close();
});

it('closes while it waits for the next opening, or for a stuck one', async () => {
  const first = newLife();
  const open = jest.fn().mockResolvedValueOnce(first).mockRejectedValue(new Error('no broker'));
  const consumer = await start(open);
  first.end(new Error('crashed'));
  await until(() => open.mock.calls.length > 2);
  await consumer.close();
  await consumer.close();

  const stuck = await start(async () => newLife({ close: () => new Promise(() => undefined) }), {
    closeMs: 20,
  });
  await stuck.close();
});
