import { randomUUID } from 'node:crypto';
import { createLimiter, type Limiter, type QueryCost } from '@core/shopify';
import { Redis } from 'ioredis';
import { connectRedis, RedisUnavailable, scriptsOn } from '../src/redis.ts';
import { redisUrl } from './support.ts';

let redis: Redis;
let now: number;
beforeEach(async () => {
  redis = new Redis(redisUrl(3), { keyPrefix: `${randomUUID()}:` });
  now = 1_800_000_000_000;
  // A Redis that remembers: nothing is reckoned with that it might have forgotten.
  await limiter().admit('first', REST);
  now += 30_000;
});
afterEach(() => redis.disconnect());

const limiter = ({ ceiling = 40, headroom = 0 } = {}) =>
  createLimiter(redis, { ceiling, headroom, now: () => now });
const REST = { api: 'rest', cost: 1 } as const;
const PAGE = { api: 'graphql', cost: 37 } as const;
const SHOP = 'a.myshopify.com';
const points = (available: number): QueryCost => ({
  requested: 37,
  available,
  maximum: 2_000,
  restoreRate: 100,
});
const requests = (used: number): QueryCost => ({
  requested: 1,
  available: 40 - used,
  maximum: 40,
  restoreRate: 2,
});

const granted = async (by: Limiter, request: Parameters<Limiter['admit']>[1]): Promise<string> => {
  const admission = await by.admit(SHOP, request);
  if (!admission.granted) throw new Error(`not granted: ${admission.reason}`);
  return admission.ticket;
};
const refusal = async (by: Limiter, request: Parameters<Limiter['admit']>[1]) => {
  const admission = await by.admit(SHOP, request);
  if (admission.granted) throw new Error('granted');
  return admission;
};
/** How many go now; they stay on their way. */
const room = async (by: Limiter, request: Parameters<Limiter['admit']>[1]): Promise<number> => {
  for (let n = 0; ; n++) if (!(await by.admit(SHOP, request)).granted) return n;
};

describe('the bucket', () => {
  it.each([
    [REST, 500, "Shopify's limit of 2 requests a second"],
    [PAGE, 370, "Shopify's limit of 100 points a second"],
  ])('is guessed to be the smallest plan’s and to hold one request: %p', async (request, waitMs, reason) => {
    await limiter().settle(SHOP, await granted(limiter(), request), {});
    expect(await refusal(limiter(), request)).toEqual({ granted: false, waitMs, reason });
  });

  it('is asked for again soon while the reply that tells it is on its way', async () => {
    const first = await granted(limiter(), REST);
    for (let n = 0; n < 20; n++) expect((await refusal(limiter(), REST)).waitMs).toBe(50);
    await limiter().settle(SHOP, first, { cost: { ...requests(1), maximum: 400, restoreRate: 40 } });
    now += 50;
    expect(await room(limiter(), REST)).toBe(12);
  });

  it('is what a reply says, less what may have come after it was written', async () => {
    const [a, b] = [limiter(), limiter()];
    await a.settle(SHOP, await granted(a, PAGE), { cost: points(1_000) });
    const before = await granted(b, PAGE);
    const ticket = await granted(a, PAGE);
    const after = await granted(b, PAGE);
    // Over before the reply, but perhaps not before Shopify wrote it.
    await b.settle(SHOP, after, { cost: points(900) });
    await a.settle(SHOP, ticket, { cost: points(37 * 4) });
    expect(await room(a, PAGE)).toBe(2);
    await b.settle(SHOP, before, { cost: null });
  });

  it('is the same for all processes, however many ask at once', async () => {
    const all = Array.from({ length: 4 }, () => limiter());
    await all[0]!.settle(SHOP, await granted(all[0]!, REST), { cost: requests(30) });
    const asked = await Promise.all(Array.from({ length: 100 }, (_, i) => all[i % 4]!.admit(SHOP, REST)));
    expect(asked.filter((admission) => admission.granted)).toHaveLength(10);
  });

  it('restores with time', async () => {
    await limiter().settle(SHOP, await granted(limiter(), REST), { cost: requests(36) });
    expect(await room(limiter(), REST)).toBe(4);
    now += 1_000;
    expect(await room(limiter(), REST)).toBe(2);
  });

  it('does not restore what will be gone when all on its way has come', async () => {
    const small = { requested: 1, available: 10, maximum: 10, restoreRate: 0.5 };
    await limiter().settle(SHOP, await granted(limiter(), REST), { cost: small });
    for (let n = 0; n < 4; n++) await granted(limiter(), REST);
    now += 15_000;
    expect(await room(limiter(), REST)).toBe(6);
  });

  it('keeps its headroom for others', async () => {
    const by = limiter({ headroom: 0.25 });
    await by.settle(SHOP, await granted(by, REST), { cost: requests(26) });
    expect(await room(by, REST)).toBe(4);
  });

  it('remembers what a request really costs', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, PAGE), { cost: { ...points(100), requested: 60 } });
    await granted(by, PAGE);
    expect((await refusal(by, PAGE)).waitMs).toBe(200);
    await granted(by, { api: 'graphql', cost: 1 });
  });

  it('of one API is not the other’s', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(40) });
    expect(await by.admit(SHOP, REST)).toMatchObject({ granted: false });
    await granted(by, PAGE);
  });

  it('keeps the points of a request without a reply spent', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(38) });
    await by.settle(SHOP, await granted(by, REST), { cost: null });
    expect(await room(by, REST)).toBe(1);
  });

  it('promises each who must wait a time of his own', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(40) });
    const asked = await Promise.all([1, 2, 3].map(() => refusal(by, REST)));
    expect(asked.map(({ waitMs }) => waitMs)).toEqual([500, 1_000, 1_500]);
  });
});

describe('the ceiling', () => {
  const full = { ...requests(0), available: 800, maximum: 800, restoreRate: 40 };

  it('frees a slot a second after a request is over, not after it was granted', async () => {
    const by = limiter({ ceiling: 3 });
    await by.settle(SHOP, await granted(by, REST), { cost: full });
    const slow = await granted(by, REST);
    await granted(by, REST);
    now += 900;
    await by.settle(SHOP, slow, { cost: full });
    now += 101;
    await granted(by, REST); // in the slot of the first
    expect(await refusal(by, REST)).toMatchObject({ waitMs: 900, reason: 'limit of 3 requests a second' });
  });

  it('has a dozen of a shop on their way at most, and takes a killed importer’s for over in the end', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: full });
    expect(await room(by, REST)).toBe(12);
    expect((await refusal(by, REST)).reason).toMatch(/answers of Shopify/);
    now += 20_000;
    expect(await room(by, REST)).toBe(12);
  });
});

describe('Retry-After', () => {
  it('freezes a shop, and no other', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { retryAfterMs: 2_000 });
    now += 500;
    expect(await refusal(by, PAGE)).toMatchObject({ reason: 'Shopify asks to wait 1.5 s' });
    expect(await by.admit('b.myshopify.com', REST)).toMatchObject({ granted: true });
    now += 1_500;
    await granted(by, PAGE);
  });

  it('lets one try when it is over, until that one was answered', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(0) });
    await by.settle(SHOP, await granted(by, REST), { retryAfterMs: 2_000 });
    now += 2_000;
    const ticket = await granted(by, REST);
    expect((await refusal(by, REST)).reason).toMatch(/one request tries/);
    await by.settle(SHOP, ticket, { cost: requests(3) });
    expect(await room(by, REST)).toBeGreaterThan(1);
  });

  it('is never cut short by a later one', async () => {
    const by = limiter();
    const [one, two] = [await granted(by, REST), await granted(by, PAGE)];
    await by.settle(SHOP, one, { retryAfterMs: 30_000 });
    await by.settle(SHOP, two, { retryAfterMs: 2_000 });
    expect((await refusal(by, REST)).reason).toBe('Shopify asks to wait 30.0 s');
  });
});

describe('Redis', () => {
  it('lets nothing go while it is away', async () => {
    const away = connectRedis({ url: 'redis://127.0.0.1:1' }, () => undefined);
    const by = createLimiter(scriptsOn(away.commands), { ceiling: 40, headroom: 0 });
    await expect(by.admit(SHOP, REST)).rejects.toThrow(RedisUnavailable);
    await expect(by.settle(SHOP, 'ticket', {})).rejects.toThrow('Redis is away');
    away.close();
  });

  it('is quiet after it forgot, then reckons with requests it does not know of', async () => {
    const by = limiter();
    const old = await granted(by, REST);
    await redis.del('shopify:limiter');
    now += 1;
    expect(await refusal(by, REST)).toMatchObject({
      waitMs: 2_000,
      reason: expect.stringContaining('counted anew'),
    });
    now += 2_000;
    await by.settle(SHOP, old, { cost: requests(0) }); // a ticket of a former count: its figure says nothing
    await by.settle(SHOP, await granted(by, REST), { cost: requests(20) });
    expect(await room(by, REST)).toBe(20 - 12);
  });

  it('keeps time itself, unless a test does', async () => {
    const by = createLimiter(redis, { ceiling: 40, headroom: 0 });
    // Its clock is behind the one of this spec: a clock that went back is a memory that cannot be trusted.
    expect(await by.admit(SHOP, REST)).toMatchObject({
      granted: false,
      reason: expect.stringContaining('counted anew'),
    });
    const [, since] = await redis.hmget('shopify:limiter', 'run', 'since');
    const [seconds] = await redis.time();
    expect(Math.abs(Number(since) / 1_000 - Number(seconds))).toBeLessThan(600);
  });
});
