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
  // A Redis whose memory is complete: the limiter need not assume unknown requests.
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
  return admission.permit;
};
const refusal = async (by: Limiter, request: Parameters<Limiter['admit']>[1]) => {
  const admission = await by.admit(SHOP, request);
  if (admission.granted) throw new Error('granted');
  return admission;
};
/** Returns how many requests are admitted now. They stay in flight. */
const room = async (by: Limiter, request: Parameters<Limiter['admit']>[1]): Promise<number> => {
  for (let n = 0; ; n++) if (!(await by.admit(SHOP, request)).granted) return n;
};

describe('the bucket', () => {
  it.each([
    [REST, 500, "Shopify's limit of 2 requests a second"],
    [PAGE, 370, "Shopify's limit of 100 points a second"],
  ])('is assumed to be the smallest plan’s and to hold one request: %p', async (request, waitMs, reason) => {
    await limiter().settle(SHOP, await granted(limiter(), request), {});
    expect(await refusal(limiter(), request)).toEqual({ granted: false, waitMs, reason });
  });

  it('lets refused requests retry soon while the first reply is in flight', async () => {
    const first = await granted(limiter(), REST);
    for (let n = 0; n < 20; n++) expect((await refusal(limiter(), REST)).waitMs).toBe(50);
    await limiter().settle(SHOP, first, { cost: { ...requests(1), maximum: 400, restoreRate: 40 } });
    now += 50;
    expect(await room(limiter(), REST)).toBe(12);
  });

  it('has the level of a reply minus requests that may have arrived after it was written', async () => {
    const [a, b] = [limiter(), limiter()];
    await a.settle(SHOP, await granted(a, PAGE), { cost: points(1_000) });
    const before = await granted(b, PAGE);
    const permit = await granted(a, PAGE);
    const after = await granted(b, PAGE);
    // Finished before the reply, but perhaps after Shopify wrote it.
    await b.settle(SHOP, after, { cost: points(900) });
    await a.settle(SHOP, permit, { cost: points(37 * 4) });
    expect(await room(a, PAGE)).toBe(2);
    await b.settle(SHOP, before, { cost: null });
  });

  it('is shared by all processes, regardless of concurrency', async () => {
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

  it('does not restore points that requests in flight will use', async () => {
    const small = { requested: 1, available: 10, maximum: 10, restoreRate: 0.5 };
    await limiter().settle(SHOP, await granted(limiter(), REST), { cost: small });
    for (let n = 0; n < 4; n++) await granted(limiter(), REST);
    now += 15_000;
    expect(await room(limiter(), REST)).toBe(6);
  });

  it('leaves its headroom to other clients', async () => {
    const by = limiter({ headroom: 0.25 });
    await by.settle(SHOP, await granted(by, REST), { cost: requests(26) });
    expect(await room(by, REST)).toBe(4);
  });

  it('remembers the actual cost of a request', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, PAGE), { cost: { ...points(100), requested: 60 } });
    await granted(by, PAGE);
    expect((await refusal(by, PAGE)).waitMs).toBe(200);
    await granted(by, { api: 'graphql', cost: 1 });
  });

  it('is separate for each API', async () => {
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

  it('gives each refused request a separate retry time', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(40) });
    const asked = await Promise.all([1, 2, 3].map(() => refusal(by, REST)));
    expect(asked.map(({ waitMs }) => waitMs)).toEqual([500, 1_000, 1_500]);
  });
});

describe('the ceiling', () => {
  const full = { ...requests(0), available: 800, maximum: 800, restoreRate: 40 };

  it('frees a slot a second after a request has finished, not after its grant', async () => {
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

  it('allows a dozen requests of a shop in flight, and eventually expires those of a killed importer', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: full });
    expect(await room(by, REST)).toBe(12);
    expect((await refusal(by, REST)).reason).toMatch(/replies from Shopify/);
    now += 20_000;
    expect(await room(by, REST)).toBe(12);
  });
});

describe('Retry-After', () => {
  it('freezes only the shop that sent it', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { retryAfterMs: 2_000 });
    now += 500;
    expect(await refusal(by, PAGE)).toMatchObject({ reason: 'Shopify asks to wait 1.5 s' });
    expect(await by.admit('b.myshopify.com', REST)).toMatchObject({ granted: true });
    now += 1_500;
    await granted(by, PAGE);
  });

  it('admits one trial request afterwards, until it is answered', async () => {
    const by = limiter();
    await by.settle(SHOP, await granted(by, REST), { cost: requests(0) });
    await by.settle(SHOP, await granted(by, REST), { retryAfterMs: 2_000 });
    now += 2_000;
    const permit = await granted(by, REST);
    expect((await refusal(by, REST)).reason).toMatch(/one request is testing/);
    await by.settle(SHOP, permit, { cost: requests(3) });
    expect(await room(by, REST)).toBeGreaterThan(1);
  });

  it('is never shortened by a later one', async () => {
    const by = limiter();
    const [one, two] = [await granted(by, REST), await granted(by, PAGE)];
    await by.settle(SHOP, one, { retryAfterMs: 30_000 });
    await by.settle(SHOP, two, { retryAfterMs: 2_000 });
    expect((await refusal(by, REST)).reason).toBe('Shopify asks to wait 30.0 s');
  });
});

describe('Redis', () => {
  it('lets the limiter admit nothing while it is unavailable', async () => {
    const away = connectRedis({ url: 'redis://127.0.0.1:1' }, () => undefined);
    const by = createLimiter(scriptsOn(away.commands), { ceiling: 40, headroom: 0 });
    await expect(by.admit(SHOP, REST)).rejects.toThrow(RedisUnavailable);
    await expect(by.settle(SHOP, 'permit', {})).rejects.toThrow('Redis is unavailable');
    away.close();
  });

  it('makes the limiter admit nothing after a memory loss, and then assume unknown requests', async () => {
    const by = limiter();
    const old = await granted(by, REST);
    await redis.del('shopify:limiter');
    now += 1;
    expect(await refusal(by, REST)).toMatchObject({
      waitMs: 2_000,
      reason: expect.stringContaining('Rate limits are being restored'),
    });
    now += 2_000;
    // A permit of the former memory: its figures are ignored.
    await by.settle(SHOP, old, { cost: requests(0) });
    await by.settle(SHOP, await granted(by, REST), { cost: requests(20) });
    expect(await room(by, REST)).toBe(20 - 12);
  });

  it('uses its own clock, unless a test sets one', async () => {
    const by = createLimiter(redis, { ceiling: 40, headroom: 0 });
    // Redis's clock is behind the spec's clock: after a step back in time, the memory cannot be trusted.
    expect(await by.admit(SHOP, REST)).toMatchObject({
      granted: false,
      reason: expect.stringContaining('Rate limits are being restored'),
    });
    const [, since] = await redis.hmget('shopify:limiter', 'run', 'since');
    const [seconds] = await redis.time();
    expect(Math.abs(Number(since) / 1_000 - Number(seconds))).toBeLessThan(600);
  });
});
