import { advise, LOCK_TIMEOUT_MS } from '@core/db';
import type { App } from '@core/runtime';
import { startService, type ServiceParts, type StartAdmin } from '@core/service';
import { apiEnv } from './config.ts';
import { registerWritesReady } from './metrics.ts';
import { openApi, type OpenedApi } from './open-api.ts';
import { serveCalls, type RunningApi } from './serve-calls.ts';

export type { RunningApi };

const api: ServiceParts<typeof apiEnv, OpenedApi, RunningApi> = {
  name: 'api',
  env: apiEnv,
  pool: () => ({ lockTimeoutMs: LOCK_TIMEOUT_MS.ofCalls }),
  open: openApi,
  readiness({ metrics, databaseChecks }, work) {
    const checks = { serving: () => work() !== undefined, database: databaseChecks.reads };
    const writeChecks = { writes: databaseChecks.writes };
    registerWritesReady(metrics, { ...checks, ...writeChecks });
    return { checks, writeChecks };
  },
  // A replica is enough to serve reads.
  needs: ({ databaseChecks }) => ({ PostgreSQL: { connect: databaseChecks.atStart, advise } }),
  start: serveCalls,
};

/**
 * Starts one process of the API. It starts without Auth and refuses calls until Auth is reachable.
 * @param startAdmin replaces the admin server on a separate port
 * @throws as startService
 */
export const startApi = (app: App<typeof apiEnv>, startAdmin?: StartAdmin): Promise<RunningApi> =>
  startService(api, app, startAdmin);
