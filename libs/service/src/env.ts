import { keyringEnv } from '@core/crypto';
import { databaseEnv, logSettingsEnv } from '@core/db';
import { appEnv, port } from '@core/runtime';

/** Returns the variables that every service reads. @param adminPort the default of the service */
export const serviceEnv = (adminPort: number) => ({
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...logSettingsEnv,
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: adminPort }),
});
