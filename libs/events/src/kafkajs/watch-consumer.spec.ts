import { Kafka, type Consumer } from 'kafkajs';
import { silent } from './log.ts';
import { watchConsumer, type Watch } from './watch-consumer.ts';

/** A consumer that says what the spec lets it say. */
function newConsumer() {
  const { events } = new Kafka({ brokers: ['127.0.0.1:1'], ...silent }).consumer({ groupId: 'spec' });
  const listeners = new Map<string, (event: object) => void>();
  const on = (name: string, listener: (event: object) => void) => void listeners.set(name, listener);
  return {
    consumer: { events, on } as unknown as Consumer,
    say: (name: keyof typeof events, payload: object = {}) => listeners.get(events[name])?.({ payload }),
  };
}

let watch: Watch;
let say: ReturnType<typeof newConsumer>['say'];
let over: string | undefined;
beforeEach(() => {
  jest.useFakeTimers();
  const made = newConsumer();
  say = made.say;
  watch = watchConsumer(made.consumer, 60_000);
  over = undefined;
  void watch.over.then((error) => (over = error.message));
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});
/** Seconds go by, with something said in each third. */
const pass = async (seconds: number, each: () => void = () => undefined) => {
  for (let n = 0; n < seconds; n += 3) {
    await jest.advanceTimersByTimeAsync(3_000);
    each();
  }
};
const heartbeat = () => say('HEARTBEAT');

it('is healthy from the join on, as long as it is heard', async () => {
  expect(watch.healthy()).toBe(false);
  say('GROUP_JOIN');
  expect(watch.healthy()).toBe(true);
  await pass(600, heartbeat);
  expect(watch.healthy()).toBe(true);
  expect(over).toBeUndefined();
});

it.each(['REBALANCING', 'STOP', 'DISCONNECT'] as const)('is not healthy after %s', async (event) => {
  say('GROUP_JOIN');
  say(event);
  expect(watch.healthy()).toBe(false);
  say('GROUP_JOIN');
  expect(watch.healthy()).toBe(true);
});

it('is over when nothing is heard any more, and looks ill before', async () => {
  say('GROUP_JOIN');
  await pass(33);
  expect(watch.healthy()).toBe(false);
  expect(over).toBeUndefined();
  await pass(30);
  expect(over).toMatch(/no answer from Kafka for 6\d s/);
});

it('is over when it never gets into the group', async () => {
  await pass(63);
  expect(over).toMatch(/no answer/);
});

it('is over when a fetch of one broker is stuck, though heartbeats and other fetches go on', async () => {
  say('GROUP_JOIN');
  say('FETCH_START', { nodeId: 1 });
  const others = () => {
    heartbeat();
    say('FETCH_START', { nodeId: 2 });
    say('FETCH', { nodeId: 2 });
  };
  await pass(33, others);
  expect(watch.healthy()).toBe(false);
  await pass(30, others);
  expect(over).toMatch(/no answer/);
});

it('is not over while a handler takes its time and heartbeats go on', async () => {
  say('GROUP_JOIN');
  say('FETCH_START', { nodeId: 1 });
  say('FETCH', { nodeId: 1 });
  await pass(3_600, heartbeat);
  expect(over).toBeUndefined();
  expect(watch.healthy()).toBe(true);
});

it('is over when kafkajs says that it has crashed', async () => {
  say('GROUP_JOIN');
  say('CRASH', { error: new Error('fenced') });
  await pass(3);
  expect(over).toBe('fenced');
  expect(watch.healthy()).toBe(false);
});
