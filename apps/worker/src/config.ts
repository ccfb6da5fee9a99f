import { databaseEnv, keyringEnv, quietLogsEnv, sealerEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { appEnv, integer, port } from '@core/runtime';

export const workerEnv = {
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...quietLogsEnv,
  ...sealerEnv,
  ...kafkaEnv,
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9102 }),
  RFM_UNKNOWN_WAIT: integer({
    doc: 'how long a score waits for its customer to become known, seconds; then it is a dead letter',
    default: 900,
    max: 604_800,
  }),
};
