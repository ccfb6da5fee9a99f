import { createWatchImport, getImport } from '@core/domain';
import type { AdminServer } from '@core/runtime';
import type { Service } from '@core/service';
import { createMerchantCheck } from './auth/merchants.ts';
import { createAdmit } from './rpc-context/admit.ts';
import { createCallLimit } from './rpc-context/call-limit.ts';
import { strongReader } from './rpc-context/consistency.ts';
import { createUnreadableEmailReport } from './rpc-context/emails.ts';
import { createGate } from './rpc-context/gate.ts';
import { adminApiOf } from '@core/shopify';
import { createProveShop } from './rpc-context/prove-shop.ts';
import { createScoreLoader } from './rpc-context/score-loader.ts';
import { createRefusals } from './rpc-context/retryable-error.ts';
import { createTurns } from './rpc-context/turns.ts';
import type { apiEnv } from './config.ts';
import { startGrpcServer } from './grpc/server.ts';
import { CONSOLE_TOKEN_PATH, createTokenExchange } from './http/console/exchange-token.ts';
import { readConsole } from './http/console/read-console.ts';
import { createConsole, isConsolePath } from './http/console/serve-console.ts';
import { createImportErrorsCsv, IMPORT_ERRORS_CSV } from './http/import-errors-csv.ts';
import { openAppRoutes } from './http/shopify-app/open-routes.ts';
import { startHttpServer } from './http/server.ts';
import { webhookPathSuffix } from './http/webhooks/path.ts';
import { createShopifyWebhooks } from './http/webhooks/shopify.ts';
import { openInstall } from './install/open-install.ts';
import { createConnectReport } from './install/report-connects.ts';
import { createRpcPipeline } from './rpc-pipeline.ts';
import { METHODS } from './methods.ts';
import { createRpcDurations } from './metrics.ts';
import type { OpenedApi } from './open-api.ts';
import { createQuotas } from './quotas/quotas.ts';
import { createByteBudget, MAX_BODY_BYTES, registerHeldBytes } from './request/byte-budget.ts';
import type { RunningServer } from './running-server.ts';

export interface RunningApi {
  grpcPort: number;
  httpPort: number;
  adminPort: number;
}

/**
 * Maximum pages of exported segments that one process prepares at once. A page of a thousand customers takes
 * some 20 ms of the process, and an export takes the next one as soon as its caller has read the last one.
 * Without the limit, a merchant's 64 streams would delay every other call. Rejected: to charge each page to a
 * quota. A quota only refuses, and a file that is cut off is worthless.
 */
const EXPORT_PAGES_AT_ONCE = 2;

/** Opens both ports behind one admission. @throws Error naming the variable of a port that is in use */
export async function serveCalls(
  api: Service<typeof apiEnv> & OpenedApi & { admin: AdminServer },
): Promise<RunningApi> {
  const { env, pool, keys, reads, metrics, log, shutdown } = api;
  const refusals = createRefusals(metrics);
  const isMerchant = createMerchantCheck(api.auth.validateMerchant);
  const admit = createAdmit({
    gate: createGate({
      identify: api.identify,
      limit: createCallLimit(metrics, refusals),
      quotas: createQuotas({
        caller: env.CORE_QUOTA_CALLER,
        merchant: env.CORE_QUOTA_MERCHANT,
        refusals,
      }),
    }),
    isMerchant,
  });
  const proveShop = createProveShop(adminApiOf(env), log);
  const reportConnect = createConnectReport(metrics, log);
  const installApp = openInstall({ env, pool, keys, reportConnect });
  const deps = {
    pool,
    reads,
    loadScore: createScoreLoader(reads),
    keys,
    pageTokens: api.pageTokens,
    watchImport: createWatchImport((watched) => getImport(strongReader({ reads }, watched), watched)),
    proveShop,
    distribution: env.SHOPIFY_DISTRIBUTION,
    reportConnect,
    installApp,
    reportUnreadableEmails: createUnreadableEmailReport(metrics, log),
    takeExportTurn: createTurns(EXPORT_PAGES_AT_ONCE),
    stopping: shutdown.signal,
  };
  const pipeline = createRpcPipeline({ deps, admit, durations: createRpcDurations(metrics), log });
  const budget = createByteBudget(MAX_BODY_BYTES);
  registerHeldBytes(
    metrics,
    'core_body_bytes',
    'Bytes of requests held, by process: read and not yet decoded',
    budget,
  );
  const webhooks = createShopifyWebhooks({
    pool,
    keys,
    secrets: env.SHOPIFY_CLIENT_SECRET,
    budget,
    metrics,
    log,
  });
  const importErrors = createImportErrorsCsv({ deps, admit, log });
  const built = env.CORE_CONSOLE_DIR === undefined ? undefined : readConsole(env.CORE_CONSOLE_DIR);
  const console = createConsole(built);
  const exchange = createTokenExchange({ admit, tokens: api.consoleTokens, log });
  const { auth, readSession } = api;
  const appRoutes =
    installApp &&
    readSession &&
    openAppRoutes({
      env,
      pool,
      keys,
      auth,
      isMerchant,
      install: installApp,
      readSession,
      built,
      log,
    });

  const common = { methods: METHODS, pipeline, budget, log };
  const servers: RunningServer[] = [];
  // Both at once: each stop takes as long as its slowest call.
  shutdown.add('servers', () => Promise.all(servers.map((server) => server.stop())));
  const grpc = await startGrpcServer({
    ...common,
    port: env.CORE_GRPC_PORT,
    host: env.CORE_LISTEN_HOST,
    credentials: api.credentials,
    limits: { connectionAgeMs: env.CORE_GRPC_CONNECTION_AGE * 1_000 },
    reflection: env.CORE_REFLECTION,
  });
  servers.push(grpc);
  const http = await startHttpServer({
    ...common,
    port: env.CORE_HTTP_PORT,
    host: env.CORE_LISTEN_HOST,
    corsOrigins: env.CORE_CORS_ORIGINS,
    routeAt(path) {
      if (path === IMPORT_ERRORS_CSV) return importErrors;
      if (path === CONSOLE_TOKEN_PATH) return exchange;
      if (isConsolePath(path)) return console;
      if (webhookPathSuffix(path) !== undefined) return webhooks;
      return appRoutes?.get(path);
    },
  });
  servers.push(http);
  const ports = { grpcPort: grpc.port, httpPort: http.port, adminPort: api.admin.port };
  log.info(ports, 'listening');
  return ports;
}
