import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectRedis } from '../src/redis.ts';
import { createLimiter } from '../src/shopify/limiter.ts';
import { redisUrl } from './support.ts';

let redis: Redis;
beforeAll(() => void (redis = new Redis(redisUrl(3))));
afterAll(() => redis.disconnect());

const newShop = () => `${randomUUID()}.myshopify.com`;
// A bucket that refills so slowly that no machine is slow enough to see it.
const figures = (available: number) => ({ requested: 37, available, maximum: 2_000, restoreRate: 0.001 });

describe('limiter', () => {
  it('lets one request go before the bucket is known', async () => {
    const limiter = createLimiter(redis);
    const shop = newShop();
    expect(await limiter.reserve(shop, 1e9)).toMatchObject({
      waitMs: 0,
      ticket: expect.any(String) as string,
    });
    expect(await limiter.reserve(shop, 1e9)).toEqual({ waitMs: expect.any(Number) as number, ticket: null });
    expect(await limiter.reserve(newShop(), 37)).toMatchObject({ waitMs: 0 });
  });

  it('takes over what a reply says, less what is on its way, across processes', async () => {
    const [a, b] = [createLimiter(redis), createLimiter(redis)];
    const shop = newShop();
    const first = await a.reserve(shop, 37);
    await a.settle(shop, first.ticket!, figures(1_000));
    const flying = await b.reserve(shop, 37);
    const second = await a.reserve(shop, 37);
    expect([flying.waitMs, second.waitMs]).toEqual([0, 0]);
    await a.settle(shop, second.ticket!, figures(100)); // 63 without the flying one: one more goes
    expect((await b.reserve(shop, 37)).waitMs).toBe(0);
    expect((await a.reserve(shop, 37)).waitMs).toBeGreaterThan(0);
    await b.settle(shop, flying.ticket!, figures(74)); // the other flying one is taken off again
    expect((await b.reserve(shop, 37)).waitMs).toBe(0);
    expect((await b.reserve(shop, 37)).waitMs).toBeGreaterThan(0);
  });

  it('says how long to wait, and learns what a request really costs', async () => {
    const limiter = createLimiter(redis);
    const shop = newShop();
    const { ticket } = await limiter.reserve(shop, 37);
    await limiter.settle(shop, ticket!, { ...figures(50), requested: 60, restoreRate: 0.01 });
    const { waitMs } = await limiter.reserve(shop, 37); // 10 points at 0.01 a second
    expect(waitMs).toBeLessThanOrEqual(1_000_000);
    expect(waitMs).toBeGreaterThan(800_000);
  });

  it('keeps the points of a request without reply spent', async () => {
    const limiter = createLimiter(redis);
    const shop = newShop();
    const first = await limiter.reserve(shop, 37);
    await limiter.settle(shop, first.ticket!, figures(70));
    const lost = await limiter.reserve(shop, 37);
    await limiter.settle(shop, lost.ticket!, null);
    expect((await limiter.reserve(shop, 37)).waitMs).toBeGreaterThan(0);
  });

  it('never lets more go than the bucket holds, however many ask at once', async () => {
    const limiters = Array.from({ length: 4 }, () => createLimiter(redis));
    const shop = newShop();
    const first = await limiters[0]!.reserve(shop, 37);
    await limiters[0]!.settle(shop, first.ticket!, figures(370));
    const asked = await Promise.all(
      Array.from({ length: 100 }, (_, i) => limiters[i % 4]!.reserve(shop, 37)),
    );
    expect(asked.filter(({ waitMs }) => waitMs === 0)).toHaveLength(10);
  });

  it('freezes a shop, and no other', async () => {
    const limiter = createLimiter(redis);
    const shop = newShop();
    await limiter.freeze(shop, 3_600_000);
    expect((await limiter.reserve(shop, 1)).waitMs).toBeGreaterThan(3_000_000);
    expect((await limiter.reserve(newShop(), 1)).waitMs).toBe(0);
  });

  it('lets nothing go while Redis is away', async () => {
    const away = connectRedis('redis://127.0.0.1:1', () => undefined);
    await expect(createLimiter(away.commands).reserve(newShop(), 1)).rejects.toThrow();
    away.close();
  });
});
