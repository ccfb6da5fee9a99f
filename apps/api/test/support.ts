import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createLogger, createShutdown, readEnv } from '@core/runtime';
import type { ShopifyStandIn } from '@core/shopify-stand-in';
import { startStack, type Given, type Stack, type StackOptions } from '@core/stack';
import { grpcClient, untilReplayed, type AuthStandIn, type GrpcClient } from '@core/testing';
import { apiEnv, startApi, type RunningApi } from '../src/index.ts';

export interface TestApi extends RunningApi {
  rpc: GrpcClient;
  /** http://127.0.0.1:port of the Connect server. */
  url: string;
  auth: AuthStandIn;
  /** The server that ConnectShop queries, unless the environment names another one. */
  shopify: ShopifyStandIn;
  /** A connection as the owner, for checks and for writes in place of the importer and the worker. */
  owner: Pool;
  given: Given;
  /** Starts another process of the API on the same database, and returns its url. It stops with the first. */
  another(): Promise<string>;
  /** Waits until the replica has replayed all writes so far: lists are read there. */
  replicated(): Promise<void>;
  /** Shuts the API down as a signal would. */
  stop(): Promise<void>;
}

/** Starts the services that an API needs: the spec's own database with its replica, and Auth. */
export const startApiStack = (options: Pick<StackOptions, 'auth' | 'shopify'> = {}): Promise<Stack> =>
  startStack({ services: 'run', postgres: {}, auth: {}, ...options });

/** Variables of a spec's API; they override those of its stack. */
export const API_ENV = {
  CORE_CORS_ORIGINS: 'https://admin.example.com',
  CORE_REFLECTION: 'true',
  LOG_LEVEL: 'fatal',
  // Without them there is no route for webhooks or installations; the specs of these set them.
  SHOPIFY_CLIENT_ID: undefined,
  SHOPIFY_CLIENT_SECRET: undefined,
};

/** Starts an API with its own database, driven through real sockets. */
export async function openApi({
  auth = {},
  env: given,
}: { auth?: StackOptions['auth']; env?: NodeJS.ProcessEnv } = {}): Promise<TestApi> {
  const stack = await startApiStack({ auth, shopify: { customers: 0 } });
  const log = createLogger('api', 'fatal');
  const shutdown = createShutdown(log);
  const env = readEnv(apiEnv, { ...stack.envOf('api'), ...API_ENV, ...given });
  const api = await startApi({ env, log, shutdown });
  const rpc = grpcClient(`127.0.0.1:${api.grpcPort}`);
  const owner = stack.pool('core_owner');
  const [replicaUrl = ''] = stack.database.replicaUrlsFor('core_owner');
  const others: ReturnType<typeof createShutdown>[] = [];
  return {
    ...api,
    rpc,
    auth: stack.auth,
    shopify: stack.shopify,
    owner,
    given: stack.given,
    url: `http://127.0.0.1:${api.httpPort}`,
    async another() {
      const other = createShutdown(log);
      others.push(other);
      return `http://127.0.0.1:${(await startApi({ env, log, shutdown: other })).httpPort}`;
    },
    replicated: () => untilReplayed(owner, replicaUrl),
    async stop() {
      for (const each of [...others, shutdown]) expect(await each.run()).toBe(0);
      rpc.close();
      await stack.stop();
    },
  };
}

export const merchant = (): string => randomUUID().replace(/^f/, 'e');
export const UNKNOWN_MERCHANT = 'ffffffff-0000-4000-8000-000000000001';

/** Makes a JSON call as curl does. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: reply.status,
    headers: reply.headers,
    body: (await reply.json()) as Record<string, unknown>,
  };
}

export async function drain<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

/** Returns the gRPC status of a call that is expected to fail. */
export const failure = (call: Promise<unknown>): Promise<{ code: number; details: string }> =>
  call.then(
    () => ({ code: 0, details: 'it succeeded' }),
    (error: { code: number; details: string }) => ({ code: error.code, details: error.details }),
  );

export const auditOf = async (owner: Pool, merchantId: string): Promise<string[]> =>
  (
    await owner.query<{ action: string }>('select action from audit_log where merchant_id = $1 order by id', [
      merchantId,
    ])
  ).rows.map(({ action }) => action);

/** Writes in place of the worker on rfm.updated. */
export const setScore = (
  owner: Pool,
  customerId: string,
  [recency, frequency, monetary]: [number, number, number],
  segment: string,
) =>
  owner.query('update customers set rfm_score = $2 where id = $1', [
    customerId,
    {
      recency,
      frequency,
      monetary,
      score: `${recency}${frequency}${monetary}`,
      segment,
      previous_segment: 'NEW',
      as_of: '2026-01-02T03:04:05.678Z',
      sequence: '9007199254740993',
      config_version: 2,
    },
  ]);
