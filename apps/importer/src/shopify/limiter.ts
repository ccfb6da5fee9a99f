import { randomUUID } from 'node:crypto';
import type { Redis } from '../redis.ts';
import type { QueryCost } from './errors.ts';

/** Points reserved for one request, or the milliseconds after which to ask again. */
export type Reservation = { waitMs: 0; ticket: string } | { waitMs: number; ticket: null };

/**
 * The cost bucket of each shop, shared by all importers. It throws when Redis is away, so that no request
 * goes out uncounted.
 */
export interface Limiter {
  reserve(shop: string, cost: number): Promise<Reservation>;
  /** The reply's own figures replace ours; without one the points stay spent. */
  settle(shop: string, ticket: string, cost: QueryCost | null): Promise<void>;
  /** Nothing for this shop until then. */
  freeze(shop: string, ms: number): Promise<void>;
}

/**
 * Two hashes a shop: the bucket as of the last reply, and the points of requests on their way, which that
 * reply did not know of yet. A ticket nobody settles (a killed importer) expires. Before the first reply the
 * bucket holds one request: its size and rate depend on the shop's plan, and other instances of the app may
 * have used it. Redis's own clock, since those of the importers differ.
 */
const TICKET_MS = 30_000;
const FORGET_MS = 3_600_000;
/** Points a second of the smallest plan, until a reply says better. */
const FIRST_RATE = 100;

const CLOCK = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

// KEYS bucket, in flight. ARGV cost, ticket, first rate, ticket's life, memory. Returns ms to wait.
const RESERVE = `${CLOCK}
local b = redis.call('HMGET', KEYS[1], 'available', 'maximum', 'rate', 'at', 'cost', 'frozen')
if b[6] and tonumber(b[6]) > now then return tonumber(b[6]) - now end
local cost = math.max(tonumber(ARGV[1]), tonumber(b[5] or '0'))
local maximum = tonumber(b[2] or cost)
local rate = tonumber(b[3] or ARGV[3])
local available = maximum
if b[4] then available = math.min(maximum, tonumber(b[1]) + (now - tonumber(b[4])) * rate / 1000) end
if available < cost then return math.ceil((cost - available) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'available', tostring(available - cost), 'maximum', tostring(maximum), 'rate', tostring(rate), 'at', now)
redis.call('HSET', KEYS[2], ARGV[2], (now + ARGV[4]) .. ' ' .. cost)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 0`;

// KEYS bucket, in flight. ARGV ticket, memory[, requested, available, maximum, rate].
const SETTLE = `${CLOCK}
redis.call('HDEL', KEYS[2], ARGV[1])
if not ARGV[3] then return end
local available = tonumber(ARGV[4])
local flying = redis.call('HGETALL', KEYS[2])
for i = 1, #flying, 2 do
  local till, cost = string.match(flying[i + 1], '^(%d+) (.+)$')
  if tonumber(till) < now then redis.call('HDEL', KEYS[2], flying[i])
  else available = available - tonumber(cost) end
end
redis.call('HSET', KEYS[1], 'available', tostring(available), 'maximum', ARGV[5], 'rate', ARGV[6], 'at', now, 'cost', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const FREEZE = `${CLOCK}
redis.call('HSET', KEYS[1], 'frozen', now + ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

export function createLimiter(redis: Redis): Limiter {
  // Braces: both keys of a shop in one slot of a cluster. EVAL by its text costs a kilobyte a page and
  // survives a restart of Redis without a reload.
  const keys = (shop: string) => [`shopify:{${shop}}:bucket`, `shopify:{${shop}}:in-flight`] as const;
  return {
    async reserve(shop, cost) {
      const ticket = randomUUID();
      const args = [cost, ticket, FIRST_RATE, TICKET_MS, FORGET_MS];
      const waitMs = Number(await redis.eval(RESERVE, 2, ...keys(shop), ...args));
      return waitMs > 0 ? { waitMs, ticket: null } : { waitMs: 0, ticket };
    },
    async settle(shop, ticket, cost) {
      const figures = cost ? [cost.requested, cost.available, cost.maximum, cost.restoreRate] : [];
      await redis.eval(SETTLE, 2, ...keys(shop), ticket, FORGET_MS, ...figures);
    },
    async freeze(shop, ms) {
      await redis.eval(FREEZE, 2, ...keys(shop), ms, FORGET_MS + ms);
    },
  };
}
