import { databaseEnv, keyringEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { port, text } from '@core/runtime';

export const workerEnv = {
  ...databaseEnv,
  ...keyringEnv,
  ...kafkaEnv,
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9102 }),
  LOG_LEVEL: text({ doc: 'trace, debug, info, warn, error or fatal', default: 'info' }),
};
