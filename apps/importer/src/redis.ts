import { Redis, type RedisOptions } from 'ioredis';
import { PermanentError, type Address } from '@core/runtime';
import type { Scripts } from '@core/shopify';
import { leadsElsewhere } from './redis-answers.ts';

export type { Redis };

export interface RedisConnections {
  /**
   * For BullMQ's worker, whose blocking reads outlive any outage: BullMQ demands that they are retried for
   * ever. On one connection with the others, a blocked read would hold up every command behind it.
   */
  worker: Redis;
  /**
   * For adding jobs and for the limiter: fails at once while Redis is away, so that nobody waits on a
   * reconciler that waits on Redis, and no request goes to Shopify unaccounted.
   */
  commands: Redis;
  close(): void;
}

/** Where Redis is. */
export interface RedisAddress {
  /** redis:// or rediss://; with sentinels it tells user, password, database and TLS, and not the server. */
  url: string;
  sentinels?: readonly Address[];
  /** As the sentinels call the primary and its replicas. */
  name?: string;
  sentinelUser?: string | undefined;
  sentinelPassword?: string | undefined;
  sentinelTls?: boolean;
}

/** Redis is away, or refuses writes. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';

  constructor(cause: unknown) {
    super('Redis is away, or refuses: nothing is queued, and nothing is sent to Shopify uncounted', {
      cause,
    });
  }
}

const COMMAND_TIMEOUT_MS = 5_000;
/** A server that refuses is left at most so often: until its address leads elsewhere, each connection ends there again. */
const LEAVE_EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Connects in the background, and again whenever a connection is lost or leads to a server that is not the primary:
 * a failover may keep the connections to the former one.
 * @param onError told every failure
 */
export function connectRedis(address: RedisAddress, onError: (error: Error) => void): RedisConnections {
  // Sent again when the connection is there: whoever reads from the queue has nobody else to tell.
  const worker = new Redis(address.url, {
    ...optionsOf(address),
    ...leaving('and send again'),
    maxRetriesPerRequest: null,
  });
  const commands = new Redis(address.url, {
    ...optionsOf(address),
    ...leaving('and fail'),
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  for (const redis of [worker, commands]) {
    redis.on('error', onError);
    // Each command of a burst that is refused leaves the server, and ioredis listens for its end once for each.
    redis.on('connect', () => redis.stream.setMaxListeners(0));
  }
  return {
    worker,
    commands,
    close: () => {
      worker.disconnect();
      commands.disconnect();
    },
  };
}

/**
 * Rejected: ioredis's detector of failovers, whose own connections write stack traces to the console while a sentinel is
 * away. A former primary becomes a replica once it hears of its successor, and is left then.
 */
function optionsOf({ url, sentinels = [], ...address }: RedisAddress): RedisOptions {
  if (sentinels.length === 0) return {};
  return {
    sentinels: [...sentinels],
    name: address.name ?? 'mymaster',
    sentinelRetryStrategy: pauseBefore,
    ...(address.sentinelUser && { sentinelUsername: address.sentinelUser }),
    ...(address.sentinelPassword && { sentinelPassword: address.sentinelPassword }),
    ...(address.sentinelTls && { sentinelTLS: {} }),
    // Without it ioredis would speak in plain to servers that the sentinels name.
    enableTLSForSentinelMode: new URL(url).protocol === 'rediss:',
  };
}

const pauseBefore = (attempt: number) => Math.min(attempt * 100, LONGEST_PAUSE_MS);

function leaving(
  how: 'and send again' | 'and fail',
): Pick<RedisOptions, 'reconnectOnError' | 'retryStrategy'> {
  let leftAt = -Infinity;
  return {
    reconnectOnError(error) {
      if (!leadsElsewhere(error)) return false;
      leftAt = performance.now();
      return how === 'and fail' ? 1 : 2;
    },
    retryStrategy: (attempt) =>
      performance.now() - leftAt < LEAVE_EVERY_MS ? LEAVE_EVERY_MS : pauseBefore(attempt),
  };
}

/** The scripts of the limiter. @throws RedisUnavailable */
export const scriptsOn = (redis: Redis): Scripts => ({
  eval: (...script) =>
    redis.eval(...script).catch((error: unknown) => {
      throw new RedisUnavailable(error);
    }),
});

/** A key of the limiter's, which Redis's users may write. */
const WRITTEN = 'shopify:limiter:written';

/**
 * Writes to Redis: a replica, and a primary without memory or without its replicas, answer PING all the same.
 * @throws RedisUnavailable
 */
export async function assertWritable(redis: Redis): Promise<void> {
  try {
    await redis.set(WRITTEN, '1', 'EX', 60);
  } catch (error) {
    throw new RedisUnavailable(error);
  }
}

/**
 * As assertWritable, for the start.
 * @throws PermanentError for a server that is no single primary
 */
export async function assertServes(redis: Redis): Promise<void> {
  // A user without the right to ask finds out by writing.
  const info = await redis.info('server').catch(() => '');
  const [, mode] = /^redis_mode:(\w+)/m.exec(info) ?? [];
  if (mode === 'sentinel') {
    throw new PermanentError('REDIS_URL leads to a Sentinel; name it in REDIS_SENTINELS');
  }
  if (mode === 'cluster') {
    throw new PermanentError(
      'REDIS_URL leads to a Redis Cluster; the job queue needs a single primary, watched by Sentinel (REDIS_SENTINELS) ' +
        'where it must not fail',
    );
  }
  await assertWritable(redis);
}
