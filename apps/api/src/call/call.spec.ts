import { Code, ConnectError } from '@connectrpc/connect';
import { openCall } from './open-call.ts';
import { requestIdOf } from './request-id.ts';

const never = new Promise<never>(() => undefined);
const codeOf = (error: unknown) => ConnectError.from(error).code;

describe('requestIdOf', () => {
  it.each(['a', '018f-4e1c', 'trace:1.2_3', 'x'.repeat(128)])('keeps %s', (id) =>
    expect(requestIdOf(id)).toBe(id),
  );
  it.each([undefined, '', 'two words', 'line\nbreak', 'ada@example.com', '{"a":1}', 'x'.repeat(129)])(
    'makes a new one for %p',
    (id) => expect(requestIdOf(id)).toMatch(/^[0-9a-f-]{36}$/),
  );
});

describe('an open call', () => {
  it('gives the result of its work', async () => {
    const call = openCall(Infinity, new AbortController().signal);
    expect(await call.race(Promise.resolve(1))).toBe(1);
    call.close();
  });

  it('ends with its deadline', async () => {
    const call = openCall(Date.now() + 1, new AbortController().signal);
    expect(codeOf(await call.race(never).catch((error: unknown) => error))).toBe(Code.DeadlineExceeded);
    expect(call.signal.aborted).toBe(true);
  });

  it('ends when the caller goes', async () => {
    const gone = new AbortController();
    const call = openCall(Infinity, gone.signal);
    gone.abort();
    expect(codeOf(await call.race(never).catch((error: unknown) => error))).toBe(Code.Canceled);
  });

  it('takes a caller that goes after the deadline for one whose deadline passed', async () => {
    const call = openCall(Date.now() - 1, AbortSignal.abort());
    expect(codeOf(await call.race(never).catch((error: unknown) => error))).toBe(Code.DeadlineExceeded);
  });

  it('does not end any more once closed', () => {
    const gone = new AbortController();
    const call = openCall(Infinity, gone.signal);
    call.close();
    gone.abort();
    expect(call.signal.aborted).toBe(false);
  });
});
