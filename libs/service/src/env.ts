import { keyringEnv } from '@core/crypto';
import { databaseEnv, quietLogsEnv } from '@core/db';
import { appEnv, port } from '@core/runtime';

/** Variables that every service reads. @param adminPort the default of the service */
export const serviceEnv = (adminPort: number) => ({
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...quietLogsEnv,
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: adminPort }),
});
