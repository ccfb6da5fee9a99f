import { Registry } from '../metrics.ts';
import { registerLoopMetrics } from './loop-metrics.ts';
import { startLoop, type Loop, type LoopOptions, type Next } from './start-loop.ts';

const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
const loops: Loop[] = [];
beforeEach(() => {
  jest.useFakeTimers();
  jest.clearAllMocks();
  jest.spyOn(Math, 'random').mockReturnValue(1); // the longest wait of each backoff
});
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
  expect(jest.getTimerCount()).toBe(0);
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** A loop whose rounds the spec ends one by one; `begun` has the time of each start. */
function stage(options: Partial<LoopOptions> = {}) {
  const began = performance.now();
  const begun: number[] = [];
  const signals: AbortSignal[] = [];
  let now = 0;
  let most = 0;
  let current = Promise.withResolvers<Next>();
  const loop = startLoop({
    name: 'spec work',
    log,
    every: 1_000,
    ...options,
    work: async (signal) => {
      begun.push(performance.now() - began);
      signals.push(signal);
      most = Math.max(most, ++now);
      current = Promise.withResolvers<Next>();
      return current.promise.finally(() => now--);
    },
  });
  loops.push(loop);
  const settle = () => jest.advanceTimersByTimeAsync(0);
  return {
    loop,
    begun,
    signals,
    most: () => most,
    settle,
    pass: (ms: number) => jest.advanceTimersByTimeAsync(ms),
    end: (next?: Next) => (current.resolve(next), settle()),
    fail: (message = 'no') => (current.reject(new Error(message)), settle()),
  };
}

describe('rounds', () => {
  it('start at once, and then after a pause from the end of the previous round', async () => {
    const { begun, settle, pass, end } = stage();
    await settle();
    expect(begun).toEqual([0]);
    await pass(300);
    await end();
    await pass(999);
    expect(begun).toEqual([0]);
    await pass(1);
    expect(begun).toEqual([0, 1_300]);
    await end();
  });

  it('start after the pause with waitsFirst', async () => {
    const { begun, pass, end } = stage({ waitsFirst: true });
    await pass(999);
    expect(begun).toEqual([]);
    await pass(1);
    expect(begun).toEqual([1_000]);
    await end();
  });

  it('never overlap, however long a round takes and however often the loop is woken', async () => {
    const { loop, begun, most, pass, end } = stage();
    await pass(10_000);
    for (let n = 0; n < 5; n++) loop.wake();
    await pass(10_000);
    expect(begun).toEqual([0]);
    await end();
    await pass(0);
    expect(begun).toEqual([0, 20_000]);
    expect(most()).toBe(1);
    await end();
  });

  it('follow at once, after another pause, or not at all, depending on the previous result', async () => {
    const { loop, begun, settle, pass, end } = stage();
    await settle();
    await end(0);
    expect(begun).toEqual([0, 0]);
    await end(5_000);
    await pass(4_999);
    expect(begun).toHaveLength(2);
    await pass(1);
    expect(begun).toEqual([0, 0, 5_000]);
    await end('end');
    await loop.over;
    await pass(60_000);
    expect(begun).toHaveLength(3);
  });
});

describe('a wake', () => {
  it('shortens the pause', async () => {
    const { loop, begun, pass, end } = stage();
    await pass(0);
    await end();
    await pass(400);
    loop.wake();
    await pass(0);
    expect(begun).toEqual([0, 400]);
    await end();
  });

  it('during a round is not lost', async () => {
    const { loop, begun, pass, end } = stage({ every: undefined });
    await pass(0);
    loop.wake();
    await end();
    expect(begun).toEqual([0, 0]);
    await end();
    await pass(3_600_000);
    expect(begun).toHaveLength(2);
  });

  it('does not shorten the minimum pause', async () => {
    const { loop, begun, pass, end } = stage({ least: 5 });
    await pass(0);
    loop.wake();
    await end();
    await pass(4);
    loop.wake();
    expect(begun).toEqual([0]);
    await pass(1);
    expect(begun).toEqual([0, 5]);
    await end();
  });

  it('does not shorten a backoff', async () => {
    const { loop, begun, pass, fail, end } = stage();
    await pass(0);
    await fail();
    loop.wake();
    await pass(99);
    expect(begun).toEqual([0]);
    await pass(1);
    expect(begun).toEqual([0, 100]);
    await end();
  });

  it('comes from the subscription of the loop until the loop ends', async () => {
    const listeners = new Set<() => void>();
    const { loop, begun, pass, end } = stage({
      every: undefined,
      wake: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    });
    await pass(0);
    await end();
    for (const listener of listeners) listener();
    await pass(0);
    expect(begun).toHaveLength(2);
    const stopped = loop.stop();
    await end();
    await stopped;
    expect(listeners.size).toBe(0);
  });
});

describe('a failure', () => {
  it('does not end the loop: pauses double up to the maximum, and restart after a success', async () => {
    const { begun, pass, fail, end } = stage({ backoff: { first: 100, most: 400 } });
    await pass(0);
    for (const wait of [100, 200, 400, 400]) {
      await fail();
      await pass(wait);
    }
    expect(begun).toEqual([0, 100, 300, 700, 1_100]);
    await end(0);
    await fail();
    await pass(100);
    expect(begun).toEqual([0, 100, 300, 700, 1_100, 1_100, 1_200]);
    await end();
  });

  it('causes a random wait of at least half of the backoff', async () => {
    jest.mocked(Math.random).mockReturnValue(0);
    const { begun, pass, fail, end } = stage();
    await pass(0);
    await fail();
    await pass(49);
    expect(begun).toHaveLength(1);
    await pass(1);
    expect(begun).toEqual([0, 50]);
    await end();
  });

  it('causes a wait no longer than the pause after a success', async () => {
    const { begun, pass, fail, end } = stage({ every: 150 });
    await pass(0);
    for (const wait of [100, 150, 150]) {
      await fail();
      await pass(wait);
    }
    expect(begun).toEqual([0, 100, 250, 400]);
    await end();
  });

  it('may be thrown before the first await', async () => {
    let rounds = 0;
    const work = (): Next => {
      if (rounds++ === 0) throw new Error('no');
      return 'end';
    };
    const loop = startLoop({ name: 'throwing', log, work });
    await jest.advanceTimersByTimeAsync(100);
    await loop.over;
    expect(rounds).toBe(2);
  });

  it('is logged when it is the first of a series, and so is the success that ends the series', async () => {
    const { pass, fail, end } = stage({ advise: () => 'see SPEC' });
    await pass(0);
    await fail('first');
    await pass(100);
    await fail('second');
    await pass(200);
    expect(log.warn.mock.calls).toEqual([
      [
        { err: new Error('first'), loop: 'spec work', retry_in_ms: 100 },
        'spec work failed; trying again: see SPEC',
      ],
    ]);
    expect(log.info).not.toHaveBeenCalled();
    await end(0);
    await end(0);
    expect(log.info.mock.calls).toEqual([
      [{ loop: 'spec work', failures: 2, failing_ms: 300 }, 'spec work works again'],
    ]);
    await fail('third');
    await pass(100);
    expect(log.warn).toHaveBeenCalledTimes(2);
    await end();
  });

  it('starts a new series when its round had called succeeded before', async () => {
    let fails = 0;
    const loop = startLoop({
      name: 'long round',
      log,
      work: async (_, succeeded) => {
        if (fails > 0) succeeded();
        if (fails++ < 3) throw new Error('over');
        return 'end' as const;
      },
    });
    await jest.advanceTimersByTimeAsync(300); // three times the first pause
    await loop.over;
    expect(log.warn).toHaveBeenCalledTimes(3);
  });
});

describe('stop', () => {
  it('ends the pause, and leaves no timer', async () => {
    const { loop, begun, pass, end } = stage();
    await pass(0);
    await end();
    expect(jest.getTimerCount()).toBe(1);
    await loop.stop();
    expect(jest.getTimerCount()).toBe(0);
    await pass(10_000);
    expect(begun).toHaveLength(1);
  });

  it('aborts the running round and waits for it; an error of that round is no failure', async () => {
    const { loop, signals, pass, fail } = stage();
    await pass(0);
    let stopped = false;
    void loop.stop().then(() => (stopped = true));
    await pass(5_000);
    expect([signals[0]!.aborted, stopped]).toEqual([true, false]);
    await fail();
    expect(stopped).toBe(true);
    expect(log.warn).not.toHaveBeenCalled();
  });

  it('ends a backoff, and the pause before the first round', async () => {
    const failing = stage();
    await failing.fail();
    await failing.loop.stop();
    const { loop, begun, pass } = stage({ waitsFirst: true });
    await loop.stop();
    await pass(1_000);
    expect([failing.begun, begun]).toEqual([[0], []]);
  });

  it('runs at the end of an await using block', async () => {
    const aborted = jest.fn();
    const work = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => (aborted(), resolve()));
      });
    {
      await using loop = startLoop({ name: 'await using', log, work });
      await jest.advanceTimersByTimeAsync(0);
      expect([loop.wake, aborted.mock.calls]).toEqual([expect.any(Function), []]);
    }
    expect(aborted).toHaveBeenCalledTimes(1);
  });
});

it('counts rounds, failures and seconds, and exports the time of the last success', async () => {
  const metrics = new Registry();
  registerLoopMetrics(metrics);
  const value = async (name: string) =>
    Number(
      (await metrics.metrics())
        .split('\n')
        .find((line) => line.startsWith(`core_loop_${name}{loop="count"} `))
        ?.split(' ')
        .at(-1),
    );
  const { pass, fail, end } = stage({ name: 'count' });
  await pass(0);
  expect([await value('failures_total'), await value('last_success_timestamp_seconds')]).toEqual([0, NaN]);
  await pass(2_500);
  await fail();
  await pass(100);
  await pass(500);
  await end();
  const at = Date.now() / 1_000;
  await pass(800);
  expect([
    await value('rounds_total'),
    await value('failures_total'),
    await value('seconds_total'),
    await value('last_success_timestamp_seconds'),
  ]).toEqual([2, 1, 3, at]);
});
