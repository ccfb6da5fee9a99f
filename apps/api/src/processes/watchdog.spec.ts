import { createLogger } from '@core/runtime';
import { runWatchdog } from './watchdog.ts';
import type { MainThread } from './main-thread.ts';

const log = createLogger('api', 'silent');
const forever = () => new AbortController().signal;

/** A process that answers as listed and is unresponsive after the end of the list. */
function watch(answers: boolean[], readThread: (n: number) => MainThread | undefined, until = forever()) {
  let messageCount = 0;
  let queries = 0;
  let samples = 0;
  const killed: string[] = [];
  const refusals: number[] = [];
  const member = {
    pid: 1,
    messageCount: () => messageCount,
    query: async () => (answers[queries++] && messageCount++, undefined),
    kill: () => void killed.push('killed'),
  };
  const done = (mayKill = () => true) =>
    runWatchdog(member, {
      log,
      until,
      everyMs: 1,
      mayKill: () => mayKill() || (refusals.push(queries), false),
      onKill: (why) => void killed.push(why),
      readThread: () => readThread(samples++),
    });
  return { done, killed, refusals, queries: () => queries };
}
const idle = (): MainThread => ({ ticks: 7, runnable: false });

it('kills a process that leaves three queries in a row unanswered and uses no CPU', async () => {
  const { done, killed, queries } = watch([false, true, false, false, true], idle);
  await done();
  expect([killed, queries()]).toEqual([['hung', 'killed'], 8]); // no answer after the end of the list
});

it('kills a process whose CPU use is unknown, too', async () => {
  const { done, killed } = watch([], () => undefined);
  await done();
  expect(killed).toEqual(['hung', 'killed']);
});

it.each([
  ['uses CPU', (n: number) => ({ ticks: n, runnable: false })],
  ['waits for a CPU', () => ({ ticks: 7, runnable: true })],
])('kills an unresponsive process that %s only after thirty queries', async (_, readThread) => {
  const { done, killed, queries } = watch([], readThread);
  await done();
  expect([killed, queries()]).toEqual([['endless', 'killed'], 30]);
});

it('keeps a process that uses CPU and answers occasionally', async () => {
  const stop = new AbortController();
  const answers = Array.from({ length: 100 }, (_, n) => n % 29 === 28);
  const { done, killed, queries } = watch(
    answers,
    (n) => (n === 100 && stop.abort(), { ticks: n, runnable: false }),
    stop.signal,
  );
  await done();
  expect([killed, queries()]).toEqual([[], 101]);
});

it('counts a late answer as a sign of life', async () => {
  const stop = new AbortController();
  let messageCount = 0;
  let queries = 0;
  const member = {
    pid: 1,
    // The answer arrives after its query has timed out.
    messageCount: () => messageCount,
    query: async () => {
      if (++queries % 3 === 0) setImmediate(() => messageCount++);
      if (queries === 30) stop.abort();
      return undefined;
    },
    kill: () => expect('killed').toBe('not'),
  };
  const rest = { log, everyMs: 1, mayKill: () => true, onKill: () => undefined, readThread: idle };
  await runWatchdog(member, { ...rest, until: stop.signal });
  expect(queries).toBe(30);
});

it('waits until a kill is allowed', async () => {
  let refused = 0;
  const { done, killed, refusals } = watch([], idle);
  await done(() => ++refused > 4);
  expect([killed, refusals]).toEqual([
    ['hung', 'killed'],
    [3, 4, 5, 6],
  ]);
});

it('keeps a process that answers while its kill is not allowed', async () => {
  const stop = new AbortController();
  const answers = [false, false, false, false, true, false, false];
  const { done, killed, refusals } = watch(answers, (n) => (n === 7 && stop.abort(), idle()), stop.signal);
  await done(() => refusals.length >= 2);
  expect([killed, refusals]).toEqual([[], [3, 4]]);
});

it('ignores a process that is stopping', async () => {
  const { done, killed } = watch([], idle, AbortSignal.abort());
  await done();
  expect(killed).toEqual([]);
});
