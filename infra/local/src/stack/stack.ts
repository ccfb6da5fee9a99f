import { UnknownSchema } from '@core/db';
import { startStack, stopLeftovers, type App, type AppName, type Stack } from '@core/stack';
import { claimFolder, type Child } from '@core/testing';
import { reserveStackPorts } from './ports.ts';
import { localSecrets } from './secrets.ts';
import type { StackEnv } from './stack-env.ts';
import { issueTokens } from './tokens.ts';

export interface LocalOptions {
  /** The folder of data, logs and secrets. A second start on the same folder reuses them. */
  dir: string;
  /**
   * Whether to use the well-known ports, or the next free ones above them. Otherwise any free ports are used.
   */
  wellKnownPorts: boolean;
  /** Whether the data survives a power failure. Tests only need it to survive kill -9. */
  durable: boolean;
  /** Deletes the data of earlier starts. */
  fresh?: boolean;
  /** The number of customers in the stand-in's shop. */
  customers: number;
  /** Another server that imitates Shopify. With it, the stand-in is not started. */
  shopifyBaseUrl?: string | undefined;
  /** Runs the bundles of the apps (dist/<app>/main.mjs) instead of their sources. */
  bundled?: boolean;
  /** Builds the console, which the api then serves. Resolves to the folder of the build. */
  buildConsole?: () => Promise<string>;
  /** The number of processes of an app; 1 by default. */
  processes?: Partial<Record<Scaled, number>>;
  say: (line: string) => void;
}

/** Apps that can run several processes, because callers do not need their addresses. */
export type Scaled = 'worker' | 'importer';

export interface LocalStack {
  readonly env: StackEnv;
  readonly services: Pick<Stack, 'postgres' | 'kafka' | 'redis'>;
  /** The first process of each app. */
  readonly apps: Record<AppName, App>;
  /** The additional processes. */
  readonly further: readonly App[];
  /** The address of the Shopify stand-in; undefined when another server imitates Shopify. */
  readonly standInUrl: string | undefined;
  /** All current processes of the stack. */
  parts(): Child[];
  /** Starts an app again after it was stopped or killed. */
  restart(name: AppName): Promise<App>;
  stop(): Promise<void>;
}

const SHOP = 'dev-shop.myshopify.com';

/** Starts the whole service: its dependencies, then api, worker and importer as processes. */
export async function startLocalStack(options: LocalOptions): Promise<LocalStack> {
  const { dir, durable, fresh = false, shopifyBaseUrl, customers, bundled = false, say } = options;
  await using started = new AsyncDisposableStack();
  started.defer(await claimForStack(dir));
  const building = options.buildConsole?.();
  // Reported below; until then it must not end the process.
  building?.catch(() => undefined);
  const secrets = localSecrets(dir);
  const tokens = issueTokens(dir, secrets);
  const { ports, release } = await reserveStackPorts(options.wellKnownPorts);
  started.defer(async () => release());
  const parts = {
    postgres: { port: ports.postgres, replicas: 1, replicaPorts: [ports.replica], durable, fresh },
    kafka: { port: ports.kafka, fresh },
    redis: { port: ports.redis, fresh },
  };
  await stopLeftovers(dir, parts);
  const shopify = { separate: true, port: ports.shopify, customers } as const;
  const stack = await startStack({
    ...parts,
    dir,
    secrets,
    auth: { separate: true, port: ports.auth },
    shopify: shopifyBaseUrl ? { url: shopifyBaseUrl } : shopify,
    say,
  }).catch(addFreshAdvice);
  started.use(stack);

  const consoleDir = await building;
  const own: Record<AppName, Record<string, string>> = {
    api: {
      CORE_REFLECTION: 'true',
      ...tokens.apiEnv,
      ...(consoleDir !== undefined && { CORE_CONSOLE_DIR: consoleDir }),
    },
    worker: { CORE_DB_SEALER_PASSWORD: secrets.rolePasswords.core_sealer },
    importer: {},
  };
  const start = async (app: AppName, number = 1): Promise<App> => {
    const name = number === 1 ? app : `${app}-${number}`;
    const at = number === 1 ? { admin: ports[app], grpc: ports.grpc, http: ports.http } : {};
    const env = { LOG_LEVEL: 'info', ...own[app] };
    const process = await stack.start(app, { name, bundled, ports: at, env });
    say(`${name} is ready`);
    return process;
  };
  const [api, worker, importer] = await Promise.all([start('api'), start('worker'), start('importer')]);
  const apps: Record<AppName, App> = { api, worker, importer };
  const further: App[] = [];
  for (const [app, count] of Object.entries(options.processes ?? {}) as [Scaled, number][]) {
    for (let number = 2; number <= count; number++) further.push(await start(app, number));
  }
  const stops = started.move();
  return {
    services: stack,
    apps,
    further,
    parts: stack.children,
    restart: async (app) => (apps[app] = await start(app)),
    stop: () => stops.disposeAsync(),
    standInUrl: shopifyBaseUrl ? undefined : new URL(stack.shopifyUrl.replace('{shop}', '')).origin,
    env: {
      CORE_GRPC_ADDR: apps.api.target,
      CORE_HTTP_URL: apps.api.url,
      ...(stack.envAs('core_owner') as Pick<
        StackEnv,
        `CORE_DB_${'HOST' | 'PORT' | 'NAME' | 'USER' | 'PASSWORD'}` | 'KAFKA_BROKER' | 'CORE_ENCRYPTION_KEYS'
      >),
      DEV_DB_URL: stack.database.urlFor('core_owner'),
      DEV_DB_REPLICA_URL: stack.database.replicaUrlsFor('core_owner')[0] ?? '',
      REDIS_URL: stack.redisUrl,
      SHOPIFY_BASE_URL: stack.shopifyUrl,
      DEV_MERCHANT_ID: secrets.merchantId,
      DEV_SHOP: SHOP,
      DEV_TOKEN: tokens.merchant,
      DEV_SERVICE_TOKEN: tokens.service,
    },
  };
}

/**
 * Claims the folder for one stack. Two stacks on one folder would stop each other's services as leftovers of
 * an earlier run.
 * @throws Error when another stack runs on the folder
 */
async function claimForStack(dir: string): Promise<() => Promise<void>> {
  const giveBack = await claimFolder('stack', dir);
  if (!giveBack) {
    throw new Error(
      `A stack is already running on ${dir}. Stop it (Ctrl-C), or use another folder with npm start -- --dir <folder>.`,
    );
  }
  return async () => giveBack();
}

/**
 * Adds advice to UnknownSchema: the data may be older than the first migration, or come from a newer build.
 */
function addFreshAdvice(error: unknown): never {
  if (!(error instanceof UnknownSchema)) throw error;
  throw new Error(
    `${error.message}\nThe data come from an earlier start. npm start -- --fresh deletes them and starts with an empty database.`,
    { cause: error },
  );
}
