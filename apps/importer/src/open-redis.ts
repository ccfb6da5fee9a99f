import type { Logger, Shutdown } from '@core/runtime';
import { redisAddress, type ImporterEnv } from './config.ts';
import { connectRedis, type RedisConnections } from './redis.ts';
import { throttleLog } from './throttle-log.ts';

export function openRedis({
  env,
  log,
  shutdown,
}: {
  env: ImporterEnv;
  log: Logger;
  shutdown: Shutdown;
}): RedisConnections {
  const redis = connectRedis(
    redisAddress(env),
    throttleLog((err) => log.warn({ err }, 'Redis connection lost')),
  );
  shutdown.add('redis', () => redis.close());
  return redis;
}
