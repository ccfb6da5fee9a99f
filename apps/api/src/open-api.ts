import type { ServerCredentials } from '@grpc/grpc-js';
import { deriveKeys } from '@core/crypto';
import { createPageTokens, type PageTokens } from '@core/domain';
import { openReadRouter, type ReadRouter } from '@core/reads';
import type { Service } from '@core/service';
import { createSessionTokenReader, type ReadSessionToken } from '@core/shopify';
import { createAuthClient, type AuthClient } from './auth/auth-client.ts';
import { createConsoleTokens, type ConsoleTokens } from './auth/console-tokens.ts';
import { openIdentify } from './auth/identify.ts';
import { createSessionCallers } from './auth/session-callers.ts';
import { findConnection } from './install/find-merchant.ts';
import type { Identify } from './rpc-context/caller.ts';
import { callersOf, type apiEnv } from './config.ts';
import { grpcCredentials } from './grpc/tls.ts';
import { createReadObserver, registerReplicaMetrics } from './metrics.ts';
import { createDatabaseChecks, type DatabaseChecks } from './database-checks.ts';

/** The connections and checks of the API, apart from the pool of the primary. */
export interface OpenedApi {
  reads: ReadRouter;
  databaseChecks: DatabaseChecks;
  auth: AuthClient;
  identify: Identify;
  /** Undefined when the app's credentials are not configured. */
  readSession: ReadSessionToken | undefined;
  consoleTokens: ConsoleTokens;
  credentials: ServerCredentials;
  pageTokens: PageTokens;
}

export async function openApi({
  env,
  pool,
  metrics,
  log,
  shutdown,
}: Service<typeof apiEnv>): Promise<OpenedApi> {
  const pageTokens = createPageTokens(deriveKeys(env.CORE_ENCRYPTION_KEYS, 'page-token'));
  const readSession = env.SHOPIFY_CLIENT_ID
    ? createSessionTokenReader({ clientId: env.SHOPIFY_CLIENT_ID, secrets: env.SHOPIFY_CLIENT_SECRET })
    : undefined;
  const consoleTokens = createConsoleTokens(deriveKeys(env.CORE_ENCRYPTION_KEYS, 'console-token'));
  const sessions =
    readSession &&
    createSessionCallers({
      readSession,
      readConsole: consoleTokens.read,
      connectionOf: (shop) => findConnection(pool, shop),
    });
  const identify = openIdentify(callersOf(env), sessions, log);
  const credentials = grpcCredentials(env);
  const observer = createReadObserver(metrics);
  const reads = await openReadRouter({ env, app: 'api', primary: pool, log, observer });
  shutdown.add('read router', () => reads.stop());
  registerReplicaMetrics(metrics, reads.replicas);
  const auth = createAuthClient(env.AUTH_GRPC_URL);
  shutdown.add('auth client', () => auth.close());
  return {
    reads,
    databaseChecks: createDatabaseChecks({ pool, reads, env, log }),
    auth,
    identify,
    readSession,
    consoleTokens,
    credentials,
    pageTokens,
  };
}
