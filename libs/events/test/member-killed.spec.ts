import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pause } from '@core/runtime';
import { testServices, waitUntil } from '@core/testing';
import type { KafkaClient } from '../src/index.ts';
import { connect, newTopic, upTo } from './support.ts';

const PARTITIONS = 6;
/** The maximum time that a group may stop, in addition to the time of an ordinary join on this machine. */
const MAX_MS = 12_000;

let client: KafkaClient;
let flowing = false;
const running = new Set<ReturnType<typeof startMember>>();
beforeAll(() => void (client = connect()));
afterAll(async () => {
  flowing = false;
  for (const member of running) member.child.kill('SIGKILL');
  await client.close();
});

/** A batch of a partition, and the time when a member of the group handled it. */
interface Handled {
  at: number;
  partition: number;
}

function startMember(groupId: string, topic: string, handled: Handled[]) {
  const program = join(__dirname, 'consumer-process.ts');
  const child = spawn(process.execPath, [program, testServices().kafka.broker, groupId, topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let own = 0;
  child.stdout.on('data', (chunk) => {
    for (const line of String(chunk).split('\n').filter(Boolean)) {
      handled.push({ at: performance.now(), partition: Number(line) });
      own += 1;
    }
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const member = { child, exited, handled: () => own };
  running.add(member);
  return member;
}

/** Returns the longest time without a batch of any partition since a point in time. */
function longestSilence(handled: readonly Handled[], from: number): number {
  const times = [from, ...handled.map(({ at }) => at).filter((at) => at >= from)];
  return Math.max(...times.slice(1).map((at, n) => at - times[n]!));
}

it('stops for seconds at most when a member is killed and another joins afterwards', async () => {
  const topic = await newTopic(client, { partitions: PARTITIONS });
  const groupId = `spec.${randomUUID()}`;
  const handled: Handled[] = [];
  const keys = upTo(60).map((n) => `key-${n}`);
  const producer = await client.producer();
  flowing = true;
  const flow = (async () => {
    for (; flowing; await pause(100)) {
      await producer.send(keys.map((key) => ({ topic, key, headers: {}, value: '' })));
    }
  })();
  const all = (from: number, what: string) =>
    waitUntil(
      () =>
        new Set(handled.filter(({ at }) => at > from).map(({ partition }) => partition)).size === PARTITIONS,
      { what: `all partitions ${what}` },
    );
  const working = (member: ReturnType<typeof startMember>, what: string) =>
    waitUntil(() => member.handled() > 0, { what });

  const first = startMember(groupId, topic, handled);
  await working(first, 'the first member');
  const joinedAt = performance.now();
  const second = startMember(groupId, topic, handled);
  await working(second, 'the second member');
  await all(performance.now(), 'of two members');
  const ordinary = longestSilence(handled, joinedAt);

  second.child.kill('SIGKILL');
  await second.exited;
  const killedAt = performance.now();
  const third = startMember(groupId, topic, handled);
  await working(third, 'the third member');
  await all(performance.now(), 'after the kill');
  const silence = longestSilence(handled, killedAt);
  flowing = false;
  await flow;
  process.stdout.write(
    `the group stopped for ${(silence / 1_000).toFixed(1)} s after a kill, ` +
      `for ${(ordinary / 1_000).toFixed(1)} s at an ordinary join\n`,
  );
  expect(silence - ordinary).toBeLessThan(MAX_MS);
  for (const member of [first, third]) member.child.kill('SIGTERM');
  await Promise.all([first.exited, third.exited]);
}, 400_000);
