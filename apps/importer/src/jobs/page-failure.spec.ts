import { Fenced } from '@core/domain';
import { CoreError } from '@core/runtime';
import {
  ShopifyRejected,
  ShopifyUnavailable,
  ShopRenamed,
  Throttled,
  Unauthorized,
  UNUSABLE,
  UnusableAnswer,
  type Unusable,
} from '@core/shopify';
import { RedisUnavailable } from '../redis.ts';
import { isFailure, decideRetry } from './page-failure.ts';

const young = { ageMs: 1_000, number: 1 };
const old = { ageMs: 601_000, number: 40 };
const LIMIT = 600_000;
const LOCK_HELD = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });

describe('decideRetry', () => {
  it.each([
    ['a fenced page', new Fenced(), { kind: 'drop' }],
    [
      'a throttled page',
      new Throttled({ requested: 37, available: 17, maximum: 2000, restoreRate: 10 }),
      { kind: 'wait', waitMs: 2_000, reason: 'Shopify asks to wait 2.0 s' },
    ],
    [
      'Retry-After',
      new ShopifyUnavailable('HTTP 429', 2_000),
      { kind: 'wait', waitMs: 2_000, reason: 'Shopify asks to wait 2.0 s' },
    ],
    ['Retry-After: 0', new ShopifyUnavailable('HTTP 429', 0), { kind: 'wait', waitMs: 1 }],
    [
      'an outage',
      new ShopifyUnavailable('HTTP 500'),
      { kind: 'wait', reason: /does not answer; next try in/ },
    ],
    ['an unforeseen error', new Error('boom'), { kind: 'wait', reason: /internal error/ }],
    [
      'a lock held by another session',
      LOCK_HELD,
      { kind: 'wait', reason: 'Held up: the same customers are being changed by other work' },
    ],
    [
      'a refused token',
      new Unauthorized(),
      { kind: 'fail', message: /refused the access token\. Connect the shop again/ },
    ],
    [
      'a rejected request',
      new ShopifyRejected('for the merchant'),
      { kind: 'fail', message: 'for the merchant' },
    ],
    [
      'a renamed shop',
      new ShopRenamed('new.myshopify.com'),
      { kind: 'fail', message: /it is new\.myshopify\.com now/ },
    ],
    [
      'a web page',
      new UnusableAnswer('web_page', 'x'),
      { kind: 'wait', reason: /^Shopify answers with a web page in place of data; next try in/ },
    ],
    ['a shop without connection', new CoreError('failed_precondition', 'call ConnectShop'), { kind: 'fail' }],
  ])('%s', (_case, error, decision) => {
    const expected = Object.fromEntries(
      Object.entries(decision).map(([key, value]) => [
        key,
        value instanceof RegExp ? expect.stringMatching(value) : value,
      ]),
    );
    expect(decideRetry(error, young, LIMIT)).toMatchObject(expected);
  });

  it('says what arrived in place of data, during retries and after giving up', () => {
    const kinds = (Object.keys(UNUSABLE) as (keyof typeof UNUSABLE)[]).filter((what) => what !== 'none');
    const messages = kinds.map((what) => {
      const error = new UnusableAnswer(what satisfies Unusable, 'x');
      const [now, gaveUp] = [decideRetry(error, young, LIMIT), decideRetry(error, old, LIMIT)];
      expect(now).toMatchObject({ kind: 'wait', reason: expect.stringContaining(UNUSABLE[what].now) });
      expect(gaveUp).toEqual({ kind: 'fail', message: UNUSABLE[what].gaveUp });
      return UNUSABLE[what].gaveUp;
    });
    expect(new Set(messages).size).toBe(messages.length);
    for (const message of messages) expect(message).toMatch(/[Rr]esume the import/i);
  });

  it('gives up on an outage eventually, but never on a throttled page or locked rows', () => {
    expect(decideRetry(new ShopifyUnavailable('HTTP 500'), old, LIMIT).kind).toBe('fail');
    expect(decideRetry(new Error('secret'), old, LIMIT)).toEqual({
      kind: 'fail',
      message: expect.not.stringContaining('secret') as string,
    });
    const throttled = new Throttled({ requested: 37, available: 0, maximum: 2000, restoreRate: 100 });
    expect(decideRetry(throttled, old, LIMIT).kind).toBe('wait');
    expect(decideRetry(new RedisUnavailable('gone'), old, LIMIT).kind).toBe('wait');
    expect(decideRetry(LOCK_HELD, old, LIMIT).kind).toBe('wait');
    expect(isFailure(LOCK_HELD)).toBe(false);
  });

  it('pauses the run after repeated failures of a service, but not for a wait that Shopify requested', () => {
    const asked = new ShopifyUnavailable('HTTP 429', 2_000);
    const away = [new ShopifyUnavailable('HTTP 503'), new RedisUnavailable('gone'), new Error('database')];
    const pausedAt = (error: Error) =>
      [1, 2, 3, 4].filter((number) => {
        const decision = decideRetry(error, { ageMs: 0, number }, LIMIT);
        return decision.kind === 'wait' && decision.paused === true;
      });
    for (const error of away) expect(pausedAt(error)).toEqual([3, 4]);
    expect(pausedAt(asked)).toEqual([]);
  });

  it('waits longer after each try, for at most half a minute', () => {
    const waits = [1, 4, 50].map((number) => {
      const decision = decideRetry(new ShopifyUnavailable('HTTP 500'), { ageMs: 0, number }, LIMIT);
      return decision.kind === 'wait' ? decision.waitMs : 0;
    });
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBeLessThanOrEqual(30_000);
  });
});
