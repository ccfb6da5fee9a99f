import { createLogger } from '@core/runtime';
import { killWhenSilent } from './kill-when-silent.ts';
import type { MainThread } from './main-thread.ts';

const log = createLogger('api', 'silent');
const forever = () => new AbortController().signal;

/** A process that answers from a list and stays silent after its end. */
function watch(answers: boolean[], look: (n: number) => MainThread | undefined, until = forever()) {
  let heard = 0;
  let asked = 0;
  let looks = 0;
  const killed: string[] = [];
  const refusals: number[] = [];
  const member = {
    pid: 1,
    heard: () => heard,
    ask: async () => (answers[asked++] && heard++, undefined),
    kill: () => void killed.push('killed'),
  };
  const done = (mayKill = () => true) =>
    killWhenSilent(member, {
      log,
      until,
      everyMs: 1,
      mayKill: () => mayKill() || (refusals.push(asked), false),
      onKill: (why) => void killed.push(why),
      look: () => look(looks++),
    });
  return { done, killed, refusals, asked: () => asked };
}
const idle = (): MainThread => ({ ticks: 7, runnable: false });

it('kills a process that is silent three times in a row and uses no CPU', async () => {
  const { done, killed, asked } = watch([false, true, false, false, true], idle);
  await done();
  expect([killed, asked()]).toEqual([['hung', 'killed'], 8]); // after the list it is silent
});

it('kills one of which nothing is known, too', async () => {
  const { done, killed } = watch([], () => undefined);
  await done();
  expect(killed).toEqual(['hung', 'killed']);
});

it.each([
  ['works', (n: number) => ({ ticks: n, runnable: false })],
  ['waits for a CPU', () => ({ ticks: 7, runnable: true })],
])('lets a silent process that %s go on for thirty questions, and no longer', async (_, look) => {
  const { done, killed, asked } = watch([], look);
  await done();
  expect([killed, asked()]).toEqual([['endless', 'killed'], 30]);
});

it('lets one go on that works and answers now and then', async () => {
  const stop = new AbortController();
  const answers = Array.from({ length: 100 }, (_, n) => n % 29 === 28);
  const { done, killed, asked } = watch(
    answers,
    (n) => (n === 100 && stop.abort(), { ticks: n, runnable: false }),
    stop.signal,
  );
  await done();
  expect([killed, asked()]).toEqual([[], 101]);
});

it('takes a late answer for life', async () => {
  const stop = new AbortController();
  let heard = 0;
  let asked = 0;
  const member = {
    pid: 1,
    // The answer arrives after its question has timed out.
    heard: () => heard,
    ask: async () => {
      if (++asked % 3 === 0) setImmediate(() => heard++);
      if (asked === 30) stop.abort();
      return undefined;
    },
    kill: () => expect('killed').toBe('not'),
  };
  const rest = { log, everyMs: 1, mayKill: () => true, onKill: () => undefined, look: idle };
  await killWhenSilent(member, { ...rest, until: stop.signal });
  expect(asked).toBe(30);
});

it('waits until it may kill', async () => {
  let refused = 0;
  const { done, killed, refusals } = watch([], idle);
  await done(() => ++refused > 4);
  expect([killed, refusals]).toEqual([
    ['hung', 'killed'],
    [3, 4, 5, 6],
  ]);
});

it('spares one that answers while it waits to be killed', async () => {
  const stop = new AbortController();
  const answers = [false, false, false, false, true, false, false];
  const { done, killed, refusals } = watch(answers, (n) => (n === 7 && stop.abort(), idle()), stop.signal);
  await done(() => refusals.length >= 2);
  expect([killed, refusals]).toEqual([[], [3, 4]]);
});

it('lets one alone that is stopping', async () => {
  const { done, killed } = watch([], idle, AbortSignal.abort());
  await done();
  expect(killed).toEqual([]);
});
