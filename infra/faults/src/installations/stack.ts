import { randomBytes } from 'node:crypto';
import { status as grpcStatus } from '@grpc/grpc-js';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import { loadAdminSchema, type ShopifyStandIn } from '@core/shopify-stand-in';
import { pause } from '@core/runtime';
import { startStack, type Stack } from '@core/stack';
import { bearer, grpcClient, type Child, type GrpcClient } from '@core/testing';
import { startApps } from './apps.ts';
import { openMail, type Mail } from './mail.ts';
import { recordTokens } from './secrets/stored-tokens.ts';
import type { StepOf } from './steps.ts';
import { startWatch, type Watch } from './watch.ts';

/** The whole service as a public app of the stand-in, one process of each app. */
export interface InstallationStack extends AsyncDisposable {
  stack: Stack;
  owner: Pool;
  /** A pool as the api's role, which may read tokens. */
  api: Pool;
  /** Returns keys with an empty cache: a redaction destroys the keys of a merchant. */
  newKeys(): MerchantKeyStore;
  shopify: ShopifyStandIn;
  clientSecret: string;
  /** Milliseconds since 1970 by Shopify's clock, which differs from that of the service. */
  now(): number;
  skewMs: number;
  mail: Mail;
  watch: Watch;
  /** Repeats a call while the api is being restarted. */
  rpc: Pick<GrpcClient, 'unary'>;
  /** Merchants by the shops with which they signed up at Auth. */
  merchants: Map<string, string>;
  /** Makes one request as a browser, without following a redirect. */
  visit(url: string, method?: 'GET' | 'POST'): Promise<{ status: number; location: string; text: string }>;
  restart(step: StepOf<'restart'>): Promise<void>;
  /** The current process of each app. */
  processes(): readonly Child[];
  /** When a process was killed, in ms by Shopify's clock. */
  kills(): number[];
}

const TOPICS = [
  'app/uninstalled',
  'app/scopes_update',
  'shop/redact',
  'customers/update',
  'customers/redact',
  'customers/data_request',
  'bulk_operations/finish',
] as const;

/** @param skewMs by which Shopify's clock is ahead of the machine's */
export async function openInstallationStack(
  say: (line: string) => void,
  { skewMs, signal }: { skewMs: number; signal: AbortSignal },
): Promise<InstallationStack> {
  await using started = new AsyncDisposableStack();
  // Otherwise the stand-in would load the schema for the first request to a shop, and answer late.
  loadAdminSchema('2026-10');
  const merchants = new Map<string, string>();
  const clientSecret = `secret-${randomBytes(16).toString('hex')}`;
  const now = () => Date.now() + skewMs;
  const stack = started.use(
    await startStack({
      postgres: { replicas: 1 },
      kafka: {},
      // Its file contains everything that was ever written to Redis.
      redis: { persist: true, args: ['--auto-aof-rewrite-percentage', '0'] },
      auth: { shops: merchants },
      shopify: { installed: false, customers: 0, seed: 'installations', now },
      say: (line) => say(`... ${line}`),
      signal,
    }),
  );
  const owner = stack.pool('core_owner', { max: 4 });
  await recordTokens(owner);
  const { api, restart, processes, kills } = await startApps(stack, { clientSecret, signal });
  const mail = started.adopt(
    await openMail(`${api.url}/webhooks/shopify`, { immediately: ['bulk_operations/finish'], signal }),
    (it) => it.close(),
  );
  stack.shopify.configure({
    secrets: [clientSecret],
    applicationUrl: `${api.url}/shopify`,
    redirectUrls: [`${api.url}/shopify/callback`],
    scopes: ['read_customers', 'read_customer_merge'],
    distribution: 'public',
    webhooks: { url: mail.url, topics: TOPICS, retryScale: 1e-3 },
  });
  const client = grpcClient(api.target, {
    metadata: bearer(stack.issuer.token()),
    channel: { 'grpc.max_reconnect_backoff_ms': 1_000 },
  });
  stack.defer(() => client.close());
  const stops = started.move();
  return {
    stack,
    owner,
    api: stack.pool('core_api', { max: 2 }),
    newKeys: stack.newKeys,
    shopify: stack.shopify,
    clientSecret,
    now,
    skewMs,
    mail,
    watch: startWatch(owner, signal),
    rpc: { unary: (...call) => untilAvailable(() => client.unary(...call), signal) },
    merchants,
    async visit(address, method = 'GET') {
      const reply = await fetch(address, { method, redirect: 'manual', signal });
      return {
        status: reply.status,
        location: reply.headers.get('location') ?? '',
        text: await reply.text(),
      };
    },
    restart,
    processes,
    kills: () => kills().map((at) => at + skewMs),
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}

const RETRY_EVERY_MS = 500;
/** Four minutes: a process starts within that time on any machine. */
const MAX_TRIES = 480;

async function untilAvailable<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if ((error as { code?: number }).code !== grpcStatus.UNAVAILABLE || tries === MAX_TRIES) throw error;
      await pause(RETRY_EVERY_MS, signal);
    }
  }
}
