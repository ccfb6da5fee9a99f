import {
  assertKnownSchema,
  batchReads,
  createMerchantKeyStore,
  createPool,
  createReadRouter,
  parseKeyring,
  type Pool,
  type Reader,
} from '@core/db';
import { readScores, type CustomerKey } from '@core/domain';
import { createMetrics, startAdminServer, untilReady, type App } from '@core/runtime';
import { createAuthClient } from './auth/auth-client.ts';
import { createMerchantCheck } from './auth/merchants.ts';
import { allowDev } from './call/caller.ts';
import type { apiEnv } from './config.ts';
import { startGrpcServer } from './grpc/server.ts';
import { startHttpServer } from './http/server.ts';
import { createInvoker } from './invoke.ts';
import { METHODS } from './methods.ts';
import { countReads, createRpcDurations } from './metrics.ts';

export interface RunningApi {
  grpcPort: number;
  httpPort: number;
  adminPort: number;
}

/**
 * Wires the api and waits for PostgreSQL. Auth need not be up: calls are refused until it is.
 * Stopped by the app's shutdown list.
 * @throws UnknownSchema; Error naming a taken port's variable
 */
export async function startApi({ env, log, shutdown }: App<typeof apiEnv>): Promise<RunningApi> {
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));

  const pool = createPool(env, { app: 'api', log });
  const replicas = env.CORE_DB_REPLICAS.map((node) => createPool(env, { app: 'api', log, node }));
  shutdown.add('database pools', () => Promise.all([pool, ...replicas].map((each) => each.end())));
  const metrics = createMetrics('api');
  const reads = createReadRouter({ primary: pool, replicas, log, onRead: countReads(metrics) });
  const scoreOf = batchReads((keys: readonly CustomerKey[]) =>
    readScores(reads.reader({ kind: 'minimize_latency' }), keys),
  );
  const schemaIsKnown = () => assertKnownSchema(readerOf(pool));

  let serving = false;
  const admin = await startAdminServer({
    port: env.CORE_ADMIN_PORT,
    metrics,
    checks: { serving: () => serving, database: schemaIsKnown },
  });
  shutdown.add('admin server', () => admin.close());
  await untilReady(schemaIsKnown, {
    what: 'PostgreSQL',
    signal: shutdown.signal,
    onWait: (message, err) => log.warn({ err }, message),
  });

  const auth = createAuthClient(env.AUTH_GRPC_URL);
  shutdown.add('auth client', () => auth.close());
  const invoker = createInvoker({
    deps: { pool, reads, scoreOf, keys, stopping: shutdown.signal },
    identify: allowDev,
    isMerchant: createMerchantCheck(auth.validateMerchant),
    durations: createRpcDurations(metrics),
    log,
  });
  const common = { methods: METHODS, invoker };
  const grpc = await startGrpcServer({
    ...common,
    port: env.CORE_GRPC_PORT,
    reflection: env.CORE_REFLECTION,
  });
  shutdown.add('gRPC server', () => grpc.stop());
  const http = await startHttpServer({
    ...common,
    port: env.CORE_HTTP_PORT,
    corsOrigins: env.CORE_CORS_ORIGINS,
  });
  shutdown.add('HTTP server', () => http.stop());

  if (env.NODE_ENV === 'production') log.warn('callers are not authenticated: everyone may do everything');
  serving = true;
  shutdown.add('readiness', () => (serving = false));
  const ports = { grpcPort: grpc.port, httpPort: http.port, adminPort: admin.port };
  log.info(ports, 'listening');
  return ports;
}

const readerOf = (pool: Pool): Reader => ({
  query: async (text, values) => (await pool.query(text, values)).rows,
});
