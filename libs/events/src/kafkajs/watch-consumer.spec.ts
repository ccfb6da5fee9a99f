import { Kafka, type Consumer } from 'kafkajs';
import { silent } from './log.ts';
import { watchConsumer, type Watch } from './watch-consumer.ts';

/** Creates a consumer that emits the events of the spec. */
function newConsumer() {
  const { events } = new Kafka({ brokers: ['127.0.0.1:1'], ...silent }).consumer({ groupId: 'spec' });
  const listeners = new Map<string, (event: object) => void>();
  const on = (name: string, listener: (event: object) => void) => void listeners.set(name, listener);
  return {
    consumer: { events, on } as unknown as Consumer,
    emit: (name: keyof typeof events, payload: object = {}) => listeners.get(events[name])?.({ payload }),
  };
}

let watch: Watch;
let emit: ReturnType<typeof newConsumer>['emit'];
let over: string | undefined;
beforeEach(() => {
  jest.useFakeTimers();
  const made = newConsumer();
  emit = made.emit;
  watch = watchConsumer(made.consumer, 60_000);
  over = undefined;
  void watch.over.then((error) => (over = error.message));
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});
/** Advances the time by seconds and calls `each` every three seconds. */
const pass = async (seconds: number, each: () => void = () => undefined) => {
  for (let n = 0; n < seconds; n += 3) {
    await jest.advanceTimersByTimeAsync(3_000);
    each();
  }
};
const heartbeat = () => emit('HEARTBEAT');

it('is healthy from the join on, while heartbeats arrive', async () => {
  expect(watch.healthy()).toBe(false);
  emit('GROUP_JOIN');
  expect(watch.healthy()).toBe(true);
  await pass(600, heartbeat);
  expect(watch.healthy()).toBe(true);
  expect(over).toBeUndefined();
});

it.each(['REBALANCING', 'STOP', 'DISCONNECT'] as const)('is not healthy after %s', async (event) => {
  emit('GROUP_JOIN');
  emit(event);
  expect(watch.healthy()).toBe(false);
  emit('GROUP_JOIN');
  expect(watch.healthy()).toBe(true);
});

it('is unhealthy and then over when heartbeats stop', async () => {
  emit('GROUP_JOIN');
  await pass(33);
  expect(watch.healthy()).toBe(false);
  expect(over).toBeUndefined();
  await pass(30);
  expect(over).toMatch(/no answer from Kafka for 6\d s/);
});

it('is over when it never joins the group', async () => {
  await pass(63);
  expect(over).toMatch(/no answer/);
});

it('is over when the fetch from one broker is stuck, even if heartbeats and other fetches continue', async () => {
  emit('GROUP_JOIN');
  emit('FETCH_START', { nodeId: 1 });
  const others = () => {
    heartbeat();
    emit('FETCH_START', { nodeId: 2 });
    emit('FETCH', { nodeId: 2 });
  };
  await pass(33, others);
  expect(watch.healthy()).toBe(false);
  await pass(30, others);
  expect(over).toMatch(/no answer/);
});

it('is not over while a handler is slow and heartbeats continue', async () => {
  emit('GROUP_JOIN');
  emit('FETCH_START', { nodeId: 1 });
  emit('FETCH', { nodeId: 1 });
  await pass(3_600, heartbeat);
  expect(over).toBeUndefined();
  expect(watch.healthy()).toBe(true);
});

it('is over when kafkajs reports a crash', async () => {
  emit('GROUP_JOIN');
  emit('CRASH', { error: new Error('fenced') });
  await pass(3);
  expect(over).toBe('fenced');
  expect(watch.healthy()).toBe(false);
});
