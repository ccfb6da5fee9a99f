import { Redis, type RedisOptions } from 'ioredis';
import { PermanentError, type Address } from '@core/runtime';
import type { Scripts } from '@core/shopify';
import { isNotPrimary } from './redis-errors.ts';

export type { Redis };

export interface RedisConnections {
  /**
   * For BullMQ's worker, whose blocking reads survive any outage: BullMQ requires that they are retried
   * indefinitely. On a shared connection a blocked read would delay every later command.
   */
  worker: Redis;
  /**
   * For adding jobs and for the limiter. Commands fail immediately while Redis is unavailable. No caller then
   * waits for a reconciler that waits for Redis, and no uncounted request goes to Shopify.
   */
  commands: Redis;
  close(): void;
}

/** The address of Redis. */
export interface RedisAddress {
  /**
   * redis:// or rediss://. With Sentinels it contains only user, password, database and TLS; host and port
   * are ignored.
   */
  url: string;
  sentinels?: readonly Address[];
  /** The name of the primary and its replicas at the Sentinels. */
  name?: string;
  sentinelUser?: string | undefined;
  sentinelPassword?: string | undefined;
  sentinelTls?: boolean;
}

/** Redis is unavailable or refuses writes. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';

  constructor(cause: unknown) {
    super(
      'Redis is unavailable or refuses writes: no job is queued, and no uncounted request is sent to Shopify',
      {
        cause,
      },
    );
  }
}

const COMMAND_TIMEOUT_MS = 5_000;
/**
 * Minimum interval between disconnects from a server that refuses writes. Until its address leads to another
 * server, each new connection ends there again.
 */
const LEAVE_EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Connects in the background. Reconnects whenever a connection is lost or leads to a server that is not the
 * primary: a failover may keep the connections to the former primary.
 * @param onError called with every failure
 */
export function connectRedis(address: RedisAddress, onError: (error: Error) => void): RedisConnections {
  // Commands are sent again after a reconnect: BullMQ's reader of the queue cannot report a failure to a
  // caller.
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
    // Each refused command of a burst disconnects, and ioredis adds one listener for the stream's end each
    // time.
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
 * Rejected: ioredis's failover detector. Its own connections write stack traces to the console while a
 * Sentinel is unavailable. A former primary becomes a replica once it detects its successor; its connections
 * are then closed.
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
    // Without it, ioredis would use unencrypted connections to servers that the Sentinels name.
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
      if (!isNotPrimary(error)) return false;
      leftAt = performance.now();
      return how === 'and fail' ? 1 : 2;
    },
    retryStrategy: (attempt) =>
      performance.now() - leftAt < LEAVE_EVERY_MS ? LEAVE_EVERY_MS : pauseBefore(attempt),
  };
}

/** Returns the script interface for the limiter. @throws RedisUnavailable */
export const scriptsOn = (redis: Redis): Scripts => ({
  eval: (...script) =>
    redis.eval(...script).catch((error: unknown) => {
      throw new RedisUnavailable(error);
    }),
});

/** A key in the limiter's namespace, which the configured Redis users may write. */
const WRITTEN = 'shopify:limiter:written';

/**
 * Writes to Redis. PING is not enough: a replica answers it, and so does a primary that is out of memory or
 * has lost its replicas.
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
 * Checks at startup that Redis is a single primary and accepts writes.
 * @throws PermanentError for a Sentinel or a Redis Cluster; RedisUnavailable
 */
export async function assertServes(redis: Redis): Promise<void> {
  // A user without the permission for INFO skips this check; the write below still runs.
  const info = await redis.info('server').catch(() => '');
  const [, mode] = /^redis_mode:(\w+)/m.exec(info) ?? [];
  if (mode === 'sentinel') {
    throw new PermanentError('REDIS_URL leads to a Sentinel; set its address in REDIS_SENTINELS');
  }
  if (mode === 'cluster') {
    throw new PermanentError(
      'REDIS_URL leads to a Redis Cluster; the job queue needs a single primary. For high availability use Sentinel ' +
        '(REDIS_SENTINELS)',
    );
  }
  await assertWritable(redis);
}
