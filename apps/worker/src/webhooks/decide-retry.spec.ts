import { KeyError } from '@core/crypto';
import { CoreError, invalid } from '@core/runtime';
import { decideRetry } from './decide-retry.ts';
import { UnreadableWebhook } from './payloads.ts';

const update = (attempts: number) => ({ topic: 'customers/update' as const, attempts });

it.each([
  ['invalid_body', new UnreadableWebhook('invalid_body')],
  ['key_lost', new KeyError('key generation 1 of the merchant does not exist')],
  ['invalid_argument', invalid('kept', 'must differ')],
  ['sql_22P05', Object.assign(new Error('ada@example.com'), { code: '22P05' })],
  ['sql_54000', Object.assign(new Error('ada@example.com'), { code: '54000' })],
])('gives up %s at once', (code, error) =>
  expect(decideRetry(error, update(0))).toEqual({ code, retryInMs: null }),
);

it.each([
  ['internal', new Error('ada@example.com')],
  ['sql_42501', Object.assign(new Error('permission denied'), { code: '42501' })],
  ['unavailable', new CoreError('unavailable', 'later')],
  ['internal', 'no error at all'],
])('retries %s', (code, error) => {
  const { retryInMs, ...rest } = decideRetry(error, update(0));
  expect(rest).toEqual({ code });
  expect(retryInMs).toBeLessThanOrEqual(1_000);
});

it('backs off for about half an hour in total, and then gives up', () => {
  const waits = Array.from(
    { length: 12 },
    (_, attempts) => decideRetry(new Error('x'), update(attempts)).retryInMs,
  );
  expect(waits.at(-1)).toBeNull();
  const total = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0);
  expect(total).toBeGreaterThan(10 * 60_000);
  expect(total).toBeLessThan(60 * 60_000);
});

it('retries a lock timeout without a limit', () => {
  const held = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  for (const attempts of [0, 11, 5_000]) {
    const { code, retryInMs } = decideRetry(held, update(attempts));
    expect(code).toBe('sql_55P03');
    expect(retryInMs).toBeGreaterThan(0);
    expect(retryInMs).toBeLessThanOrEqual(10 * 60_000);
  }
});

it.each(['customers/redact', 'customers/data_request', 'shop/redact'] as const)(
  'retries a missing key of a %s without a limit, and no other error',
  (topic) => {
    const lost = new KeyError('key b is not in CORE_ENCRYPTION_KEYS');
    for (const attempts of [0, 11, 5_000]) {
      const { code, retryInMs } = decideRetry(lost, { topic, attempts });
      expect(code).toBe('key_lost');
      expect(retryInMs).toBeGreaterThan(0);
      expect(retryInMs).toBeLessThanOrEqual(10 * 60_000);
    }
    expect(decideRetry(new Error('x'), { topic, attempts: 11 }).retryInMs).toBeNull();
    expect(decideRetry(new UnreadableWebhook('invalid_body'), { topic, attempts: 0 }).retryInMs).toBeNull();
  },
);
