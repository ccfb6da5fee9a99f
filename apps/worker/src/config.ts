import { databaseEnv, keyringEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { appEnv, port } from '@core/runtime';

export const workerEnv = {
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...kafkaEnv,
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9102 }),
};
