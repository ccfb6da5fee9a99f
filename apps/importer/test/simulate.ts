import { createLimiter, type Limiter, type LimiterOptions } from '@core/shopify';
import { randomInt } from 'node:crypto';
import { Redis } from 'ioredis';
import { seeded } from '@core/testing';
import { createStrictShop, type Bucket, type StrictShop } from './strict-shop.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export type Simulation = ReturnType<typeof openSimulation>;

/**
 * Simulates several importers, each with its own connection, in virtual time against one real Redis. Requests
 * of the same moment are sent concurrently.
 */
export function openSimulation(options: {
  url: string;
  seed?: number;
  limits?: Partial<LimiterOptions>;
  importers?: number;
  /** Replaces a limiter by a faulty one, to verify that the checks fail. */
  mutate?: (limiter: Limiter, clock: VirtualClock, redis: Redis) => Limiter;
}) {
  const { url, seed = randomInt(2 ** 32), importers = 3, mutate = (limiter) => limiter } = options;
  process.stderr.write(`seed ${seed}\n`);
  const random = seeded(seed);
  const clock = createVirtualClock(1_800_000_000_000);
  const keyPrefix = `${seed}-${randomInt(2 ** 32)}:`;
  const connections = Array.from({ length: importers }, () => {
    const redis = new Redis(url, { keyPrefix, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    return redis.on('error', () => undefined);
  });
  const limits = { ceiling: 40, headroom: 0.1, ...options.limits };
  const limiters = connections.map((redis) =>
    mutate(createLimiter(redis, { ...limits, now: () => Math.floor(clock.now()) }), clock, redis),
  );
  let unavailable = 0;

  /** Reads pages one after the other, like a slice's jobs, until the given time. */
  async function slice(name: string, shop: StrictShop, limiter: Limiter, until: number, lossy: number) {
    const cost = shop.api === 'rest' ? 1 : 37;
    const ask = () => clock.real(limiter.admit(name, { api: shop.api, cost }));
    while (clock.now() < until) {
      const admission = await ask().catch(() => null);
      if (!admission) {
        unavailable += 1;
        await clock.sleep(200 + random() * 100);
      } else if (!admission.granted) {
        // A delayed job starts slightly late.
        await clock.sleep(admission.waitMs + random() * 5);
      } else {
        const outcome = await shop.request(cost, { lost: random() < lossy });
        if (outcome) {
          await clock.real(limiter.settle(name, admission.permit, outcome)).catch(() => undefined);
        }
        await clock.sleep(10 + random() * 30);
      }
    }
  }

  return {
    clock,
    random,
    limiters,
    connections,
    /** Waits until the limiter need not assume unknown requests. */
    async begun(): Promise<void> {
      await clock.real(limiters[0]!.admit('first', { api: 'rest', cost: 1 }));
      await Promise.all([clock.sleep(30_000), clock.run()]);
    },
    unavailable: () => unavailable,
    shop: (bucket: Bucket, more: { api?: 'rest' | 'graphql'; refund?: number } = {}) =>
      createStrictShop({ clock, random, api: 'rest', bucket, ...more }),
    /** Starts slices. @param lossy share of the requests whose importer is killed while they are in flight */
    read(name: string, shop: StrictShop, { slices = 12, seconds = 60, lossy = 0 } = {}): void {
      const until = clock.now() + seconds * 1_000;
      for (let i = 0; i < slices; i++) {
        void slice(name, shop, limiters[i % limiters.length]!, until, lossy);
      }
    },
    /** Runs an action at a given time, concurrently with the slices. */
    async at(seconds: number, what: () => void | Promise<void>): Promise<void> {
      await clock.sleep(seconds * 1_000);
      await what();
    },
    close: () => connections.forEach((redis) => redis.disconnect()),
  };
}
