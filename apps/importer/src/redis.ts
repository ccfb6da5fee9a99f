import { Redis } from 'ioredis';

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

const COMMAND_TIMEOUT_MS = 5_000;

/** Connects in the background and again whenever a connection is lost. @param onError told every failure */
export function connectRedis(url: string, onError: (error: Error) => void): RedisConnections {
  const retryStrategy = (attempt: number) => Math.min(attempt * 100, 2_000);
  const worker = new Redis(url, { maxRetriesPerRequest: null, retryStrategy });
  const commands = new Redis(url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy,
  });
  for (const redis of [worker, commands]) redis.on('error', onError);
  return {
    worker,
    commands,
    close: () => {
      worker.disconnect();
      commands.disconnect();
    },
  };
}
