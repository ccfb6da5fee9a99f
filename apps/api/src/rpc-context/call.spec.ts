import { Code, ConnectError } from '@connectrpc/connect';
import { openCall, type OpenCall } from './open-call.ts';
import { requestIdOf } from './request-id.ts';

const never = new Promise<never>(() => undefined);
const codeOf = (error: unknown) => ConnectError.from(error).code;

describe('requestIdOf', () => {
  it.each(['a', '018f-4e1c', 'trace:1.2_3', 'x'.repeat(128)])('keeps %s', (id) =>
    expect(requestIdOf(id)).toBe(id),
  );
  it.each([undefined, '', 'two words', 'line\nbreak', 'ada@example.com', '{"a":1}', 'x'.repeat(129)])(
    'creates a new id for %p',
    (id) => expect(requestIdOf(id)).toMatch(/^[0-9a-f-]{36}$/),
  );
});

describe('an open call', () => {
  const staysConnected = () => undefined;
  const disconnects = (leave: () => void) => leave();
  const ending = (call: OpenCall) => call.race(never).catch(codeOf);

  it('returns the result of its work', async () => {
    const call = openCall(Infinity, staysConnected);
    expect(await call.race(Promise.resolve(1))).toBe(1);
    await expect(openCall(Infinity, staysConnected).race(Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    call.close();
  });

  it('ends at its deadline', async () => {
    const call = openCall(Date.now() + 1, staysConnected);
    const { signal } = call;
    expect(await ending(call)).toBe(Code.DeadlineExceeded);
    expect([signal.aborted, call.signal === signal]).toEqual([true, true]);
  });

  /** Freezes a clock at the given time while `work` runs. */
  const at = (clock: { now(): number }, time: number, work: () => void) => {
    const spy = jest.spyOn(clock, 'now').mockReturnValue(time);
    try {
      work();
    } finally {
      spy.mockRestore();
    }
  };

  it('reports the deadline when the transport reports a cancellation at the deadline', async () => {
    let leave = () => undefined as void;
    const opened = performance.now();
    const call = openCall(Date.now() + 60_000, (listener) => (leave = listener));
    const ended = ending(call);
    at(performance, opened + 60_000 - 1, () => leave());
    expect(await ended).toBe(Code.DeadlineExceeded);
    call.close();
  });

  it.each([
    ['a day ahead', 86_400_000],
    ['a day back', -86_400_000],
  ])('keeps its deadline when the wall clock is set %s', async (_, step) => {
    let leave = () => undefined as void;
    const early = openCall(Date.now() + 60_000, (listener) => (leave = listener));
    const ended = ending(early);
    at(Date, Date.now() + step, () => leave());
    expect(await ended).toBe(Code.Canceled);
    early.close();

    const opened = performance.now();
    const late = openCall(Date.now() + 60_000, (listener) => (leave = listener));
    const over = ending(late);
    at(Date, Date.now() + step, () => at(performance, opened + 60_000, () => leave()));
    expect(await over).toBe(Code.DeadlineExceeded);
    late.close();
  });

  it.each([2 ** 31, 2 ** 32 + 5, 1e15])('does not end at once with a deadline in %p ms', async (ms) => {
    let leave = () => undefined as void;
    const call = openCall(Date.now() + ms, (listener) => (leave = listener));
    const ended = ending(call);
    await new Promise((resolve) => setTimeout(resolve, 20));
    leave();
    expect(await ended).toBe(Code.Canceled);
    call.close();
  });

  it('ends when the caller disconnects', async () => {
    let leave = () => undefined as void;
    const call = openCall(Infinity, (listener) => (leave = listener));
    const ended = ending(call);
    leave();
    expect(await ended).toBe(Code.Canceled);
  });

  it('is ended for a later race or signal', async () => {
    const call = openCall(Infinity, disconnects);
    expect(await ending(call)).toBe(Code.Canceled);
    expect(codeOf(call.signal.reason)).toBe(Code.Canceled);
  });

  it('reports the deadline for a caller that disconnects after it', async () =>
    expect(await ending(openCall(Date.now() - 1, disconnects))).toBe(Code.DeadlineExceeded));

  it('does not end after it was closed', () => {
    let leave = () => undefined as void;
    const call = openCall(Infinity, (listener) => (leave = listener));
    call.close();
    leave();
    expect(call.signal.aborted).toBe(false);
  });
});
