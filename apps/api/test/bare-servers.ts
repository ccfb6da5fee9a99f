import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { ServerCredentials } from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import { createLogger, Registry, type Listener } from '@core/runtime';
import { createAdmit } from '../src/rpc-context/admit.ts';
import { createCallLimit, MAX_CALLS } from '../src/rpc-context/call-limit.ts';
import type { Identify } from '../src/rpc-context/caller.ts';
import type { Deps, Scope } from '../src/rpc-context/context.ts';
import { createGate } from '../src/rpc-context/gate.ts';
import { createRefusals } from '../src/rpc-context/retryable-error.ts';
import type { GrpcLimits } from '../src/grpc/limits.ts';
import { startGrpcServer } from '../src/grpc/server.ts';
import type { HttpLimits, WebhookLimits } from '../src/http/limits.ts';
import { startHttpServer } from '../src/http/server.ts';
import { webhookPathSuffix } from '../src/http/webhooks/path.ts';
import { createShopifyWebhooks } from '../src/http/webhooks/shopify.ts';
import { createRpcPipeline } from '../src/rpc-pipeline.ts';
import { METHODS } from '../src/methods.ts';
import { createRpcDurations } from '../src/metrics.ts';
import type { Quota } from '../src/quotas/quota.ts';
import { UNLIMITED } from './unlimited.ts';
import { createQuotas } from '../src/quotas/quotas.ts';
import { createByteBudget, MAX_BODY_BYTES } from '../src/request/byte-budget.ts';

export const ids = {
  merchantId: '018f4e1c-0000-7000-8000-00000000000a',
  customerId: '018f4e1c-0000-7000-8000-00000000000b',
};
export const RFM_PATH = '/core.v1.CoreService/GetCustomerRFM';

export interface BareServers {
  grpcPort: number;
  httpPort: number;
  url: string;
  /** Connections that the gRPC port has accepted so far. */
  grpcConnections(): number;
  /** Calls in flight, as the servers' process counts them. */
  inFlight(): Promise<number>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  /** Bytes of all bodies that the process holds. */
  bodyBytes(): Promise<number>;
  /** Bytes of webhooks that the process holds. */
  webhookBytes(): Promise<number>;
  /** GetCustomerRFM waits for this before it answers; unset: it does not wait. */
  hold: Promise<unknown> | undefined;
  /** Stops the servers once, however often it is called. */
  stop(): Promise<void>;
}

interface BareServersOptions {
  maxCalls?: number;
  maxStreams?: number;
  /** Default: caller `spec`, which may read scores. */
  identify?: Identify;
  deps?: Partial<Deps>;
  /** Default: no limits. */
  callerQuota?: Partial<Quota>;
  merchantQuota?: Partial<Quota>;
  /** The scope of the caller; default: rfm:read. */
  scopes?: Scope[];
  /** Additional HTTP routes besides the webhooks. */
  routes?: Record<string, Listener>;
  /** Byte budget shared by all bodies. */
  maxBytes?: number;
  grpc?: Partial<GrpcLimits>;
  /** The credentials of the gRPC port; default: plain HTTP/2. */
  credentials?: ServerCredentials;
  http?: Partial<HttpLimits>;
  webhooks?: Partial<WebhookLimits>;
}

/**
 * Opens both servers with the whole pipeline on free ports, without a database. GetCustomerRFM returns an
 * empty reply, and webhooks are processed up to their signature.
 */
export async function openBareServers(options: BareServersOptions = {}): Promise<BareServers> {
  const registry = new Registry();
  const refusals = createRefusals(registry);
  const methods = METHODS.map((method) =>
    method.kind === 'unary' && method.desc === CoreService.method.getCustomerRFM
      ? { ...method, handler: async () => (await servers.hold, {}) }
      : method,
  );
  const log = createLogger('api', 'silent');
  const pipeline = createRpcPipeline({
    deps: { ...options.deps } as Deps,
    admit: createAdmit({
      gate: createGate({
        identify:
          options.identify ??
          (() => ({ caller: 'spec', scopes: new Set<Scope>(options.scopes ?? ['rfm:read']) })),
        limit: createCallLimit(registry, refusals, {
          unary: options.maxCalls ?? MAX_CALLS.unary,
          stream: options.maxStreams ?? MAX_CALLS.stream,
        }),
        quotas: createQuotas({
          caller: { ...UNLIMITED, ...options.callerQuota },
          merchant: { ...UNLIMITED, ...options.merchantQuota },
          refusals,
        }),
      }),
      isMerchant: async () => true,
    }),
    durations: createRpcDurations(registry),
    log,
  });
  const budget = createByteBudget(options.maxBytes ?? MAX_BODY_BYTES);
  const webhooks = createShopifyWebhooks({
    pool: {} as Pool,
    keys: {} as MerchantKeyStore,
    secrets: ['secret'],
    budget,
    metrics: registry,
    log,
    limits: options.webhooks,
  });
  const common = { methods, pipeline, budget, log, port: 0 };
  const grpc = await startGrpcServer({
    ...common,
    reflection: false,
    limits: options.grpc,
    credentials: options.credentials,
  });
  const http = await startHttpServer({
    ...common,
    corsOrigins: [],
    routeAt: (path) =>
      options.routes?.[path] ?? (webhookPathSuffix(path) === undefined ? undefined : webhooks),
    limits: options.http,
  });
  let grpcConnections = 0;
  const count = (message: unknown) => {
    const { localPort } = (message as { socket: Socket }).socket;
    if (localPort === grpc.port) grpcConnections++;
  };
  const accepted = channel('net.server.socket');
  accepted.subscribe(count);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    accepted.unsubscribe(count);
    await Promise.all([grpc.stop(), http.stop()]);
  };
  const valueOf = async (metric: string) =>
    Number((await registry.getSingleMetric(metric)?.get())?.values[0]?.value);
  const servers: BareServers = {
    grpcPort: grpc.port,
    httpPort: http.port,
    url: `http://127.0.0.1:${http.port}`,
    grpcConnections: () => grpcConnections,
    inFlight: () => valueOf('core_calls_in_flight'),
    metrics: () => registry.metrics(),
    bodyBytes: async () => budget.held,
    webhookBytes: () => valueOf('core_webhook_bytes'),
    hold: undefined,
    stop: () => (stopped ??= stop()),
  };
  return servers;
}
