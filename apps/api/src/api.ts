import { advise, LOCK_TIMEOUT_MS } from '@core/db';
import type { App } from '@core/runtime';
import { startService, type ServiceParts, type StartAdmin } from '@core/service';
import { apiEnv } from './config.ts';
import { showWritesReady } from './metrics.ts';
import { openApi, type OpenedApi } from './open-api.ts';
import { serveCalls, type RunningApi } from './serve-calls.ts';

export type { RunningApi };

const api: ServiceParts<typeof apiEnv, OpenedApi, RunningApi> = {
  name: 'api',
  env: apiEnv,
  pool: () => ({ lockTimeoutMs: LOCK_TIMEOUT_MS.ofCalls }),
  open: openApi,
  readiness({ metrics, servable }, work) {
    const checks = { serving: () => work() !== undefined, database: servable.reads };
    const writeChecks = { writes: servable.writes };
    showWritesReady(metrics, { ...checks, ...writeChecks });
    return { checks, writeChecks };
  },
  // A replica is enough to serve reads.
  needs: ({ servable }) => ({ PostgreSQL: { connect: servable.atStart, advise } }),
  start: serveCalls,
};

/**
 * Starts one process of the API. It starts without Auth and refuses calls until Auth is reachable.
 * @param startAdmin replaces the admin server on a separate port
 * @throws as startService
 */
export const startApi = (app: App<typeof apiEnv>, startAdmin?: StartAdmin): Promise<RunningApi> =>
  startService(api, app, startAdmin);
