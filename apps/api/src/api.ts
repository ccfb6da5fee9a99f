import { createMerchantKeyStore, deriveKeys, parseKeyring } from '@core/crypto';
import { advise, createPool, LOCK_TIMEOUT_MS } from '@core/db';
import { openReadRouter } from '@core/reads';
import { createPageTokens, createWatchImport, getImport } from '@core/domain';
import {
  createMetrics,
  startAdminServer,
  untilReady,
  type AdminOptions,
  type AdminServer,
  type App,
} from '@core/runtime';
import { createAuthClient } from './auth/auth-client.ts';
import { openIdentify } from './auth/identify.ts';
import { createMerchantCheck } from './auth/merchants.ts';
import { createAdmit } from './call/admit.ts';
import { createCallLimit } from './call/call-limit.ts';
import { strongReader } from './call/consistency.ts';
import { createGate } from './call/gate.ts';
import { createRefusals } from './call/try-again.ts';
import { createTellUnreadable } from './call/emails.ts';
import { createProveShop } from './call/prove-shop.ts';
import { createScoreOf } from './call/score-of.ts';
import { callersOf, type apiEnv } from './config.ts';
import { startGrpcServer } from './grpc/server.ts';
import { grpcCredentials } from './grpc/tls.ts';
import { createImportErrorsCsv, IMPORT_ERRORS_CSV } from './http/import-errors-csv.ts';
import { startHttpServer } from './http/server.ts';
import { behindWebhooks } from './http/webhooks/path.ts';
import { createShopifyWebhooks } from './http/webhooks/shopify.ts';
import { createInvoker } from './invoke.ts';
import { METHODS } from './methods.ts';
import { createByteBudget, MOST_BODY_BYTES, showHeldBytes } from './request/byte-budget.ts';
import { createQuotas } from './quotas/quotas.ts';
import { createReadObserver, createRpcDurations, showReplicas, showWritesReady } from './metrics.ts';
import type { RunningServer } from './running-server.ts';
import { createServable } from './servable.ts';

export interface RunningApi {
  grpcPort: number;
  httpPort: number;
  adminPort: number;
}

/** How /readyz and /metrics are answered: by a port of their own, or by a supervisor that asks. */
export type StartAdmin = (options: AdminOptions) => Promise<AdminServer>;

/**
 * Wires the api and waits for PostgreSQL; a replica is enough to serve reads. Auth need not be up: the api
 * refuses calls until it is.
 * Stopped by the app's shutdown list.
 * @throws UnknownSchema; Error naming a taken port's variable
 */
export async function startApi(
  { env, log, shutdown }: App<typeof apiEnv>,
  startAdmin: StartAdmin = startAdminServer,
): Promise<RunningApi> {
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));
  const pageTokens = createPageTokens(deriveKeys(env.CORE_ENCRYPTION_KEYS, 'page-token'));
  const identify = openIdentify(callersOf(env), log);
  const credentials = grpcCredentials(env);

  const pool = createPool(env, { app: 'api', log, lockTimeoutMs: LOCK_TIMEOUT_MS.ofCalls });
  shutdown.add('database pool', () => pool.end());
  const metrics = createMetrics('api');
  const observer = createReadObserver(metrics);
  const reads = await openReadRouter({ env, app: 'api', primary: pool, log, observer });
  shutdown.add('read router', () => reads.stop());
  showReplicas(metrics, reads.replicas);
  const servable = createServable({ pool, reads, env, log });

  let serving = false;
  const checks = { serving: () => serving, database: servable.reads };
  const writeChecks = { writes: servable.writes };
  showWritesReady(metrics, { ...checks, ...writeChecks });
  const admin = await startAdmin({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    metrics,
    checks,
    writeChecks,
    log,
  });
  shutdown.add('admin server', () => admin.close());
  await untilReady(servable.atStart, {
    what: 'PostgreSQL',
    signal: shutdown.signal,
    log,
    advise,
  });

  const scoreOf = createScoreOf(reads);
  const watchImport = createWatchImport((watched) => getImport(strongReader({ reads }, watched), watched));
  const auth = createAuthClient(env.AUTH_GRPC_URL);
  shutdown.add('auth client', () => auth.close());
  const shopify = { baseUrl: env.SHOPIFY_BASE_URL, apiVersion: env.SHOPIFY_API_VERSION };
  const proveShop = createProveShop(shopify, log);
  const tellUnreadable = createTellUnreadable(metrics, log);
  const refusals = createRefusals(metrics);
  const stopping = shutdown.signal;
  const deps = { pool, reads, scoreOf, keys, pageTokens, watchImport, proveShop, tellUnreadable, stopping };
  const admit = createAdmit({
    gate: createGate({
      identify,
      limit: createCallLimit(metrics, refusals),
      quotas: createQuotas({
        caller: env.CORE_QUOTA_CALLER,
        merchant: env.CORE_QUOTA_MERCHANT,
        refusals,
      }),
    }),
    isMerchant: createMerchantCheck(auth.validateMerchant),
  });
  const invoker = createInvoker({ deps, admit, durations: createRpcDurations(metrics), log });
  const budget = createByteBudget(MOST_BODY_BYTES);
  showHeldBytes(
    metrics,
    'core_body_bytes',
    'Bytes of requests held, by process: read and not yet decoded',
    budget,
  );
  const common = { methods: METHODS, invoker, budget, log };
  const servers: RunningServer[] = [];
  // Both at once: each takes as long as its slowest call.
  shutdown.add('servers', () => Promise.all(servers.map((server) => server.stop())));
  const grpc = await startGrpcServer({
    ...common,
    port: env.CORE_GRPC_PORT,
    host: env.CORE_LISTEN_HOST,
    credentials,
    limits: { connectionAgeMs: env.CORE_GRPC_CONNECTION_AGE * 1_000 },
    reflection: env.CORE_REFLECTION,
  });
  servers.push(grpc);
  const webhooks = createShopifyWebhooks({
    pool,
    keys,
    secrets: env.SHOPIFY_CLIENT_SECRET,
    budget,
    metrics,
    log,
  });
  const importErrors = createImportErrorsCsv({ deps, admit, log });
  const http = await startHttpServer({
    ...common,
    port: env.CORE_HTTP_PORT,
    host: env.CORE_LISTEN_HOST,
    corsOrigins: env.CORE_CORS_ORIGINS,
    pageAt(path) {
      if (path === IMPORT_ERRORS_CSV) return importErrors;
      return behindWebhooks(path) === undefined ? undefined : webhooks;
    },
  });
  servers.push(http);

  serving = true;
  shutdown.add('readiness', () => (serving = false));
  const ports = { grpcPort: grpc.port, httpPort: http.port, adminPort: admin.port };
  log.info(ports, 'listening');
  return ports;
}
