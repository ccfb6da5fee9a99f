import { claimFolder, DEV_CLIENT_ID, DEV_CLIENT_SECRET, freePort, type Child } from '@core/testing';
import { startApp, type App, type AppName } from './apps.ts';
import { checkSchema } from './check-schema.ts';
import { reserveStackPorts } from './ports.ts';
import { runOps } from './run-ops.ts';
import { localSecrets } from './secrets.ts';
import { startServices, stopLeftovers, type ServiceOptions, type Services } from './services.ts';
import type { StackEnv } from './stack-env.ts';
import { startStandIns, type StandInOptions } from './stand-ins.ts';
import { issueTokens } from './tokens.ts';

/** `dir` holds data, logs and secrets; a second start with the same one goes on with them. */
export interface StackOptions extends ServiceOptions, StandInOptions {
  /** Whether to prefer the well-known ports (or the next free ones) to any free ones. */
  wellKnownPorts: boolean;
  /** Bundles of the apps (dist/<app>/main.mjs) rather than their sources. */
  bundles?: boolean;
  /** How many processes of an app there are; one, unless said. */
  processes?: Partial<Record<Scaled, number>>;
}

/** Apps whose processes need no address that callers know. */
export type Scaled = 'worker' | 'importer';

export interface Stack {
  readonly env: StackEnv;
  readonly services: Services;
  /** The first process of each. */
  readonly apps: Record<AppName, App>;
  /** The further processes. */
  readonly further: readonly App[];
  /** The stand-in's own address, undefined when another server plays Shopify. */
  readonly standInUrl: string | undefined;
  /** All current processes of the stack. */
  parts(): Child[];
  /** Starts an app again after it was stopped or killed. */
  restart(name: AppName): Promise<App>;
  stop(): Promise<void>;
}

const SHOP = 'dev-shop.myshopify.com';

/** Starts everything in order: services, schema and topics, stand-ins, the three apps as processes. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir, say } = options;
  const running: (() => Promise<unknown>)[] = [];
  // Last in, first out: the apps go before what they stand on.
  const stop = async () => {
    for (const stopOne of running.splice(0).reverse()) await stopOne();
  };

  try {
    running.push(await claimForStack(dir));
    const secrets = localSecrets(dir);
    const tokens = issueTokens(dir, secrets);
    await stopLeftovers(dir);
    const { ports, release } = await reserveStackPorts(options.wellKnownPorts);
    running.push(async () => release());
    const services = await startServices({ ...options, ports });
    running.push(() => services.stop());
    const { postgres, kafka, redis } = services;
    const database = {
      CORE_DB_HOST: '127.0.0.1',
      CORE_DB_PORT: String(postgres.primary.port),
      CORE_DB_NAME: 'core_db',
      KAFKA_BROKER: kafka.broker,
    };
    const owner = {
      ...database,
      CORE_DB_USER: 'core_owner',
      CORE_DB_PASSWORD: decodeURIComponent(new URL(postgres.primary.url).password),
    };
    await checkSchema(postgres.primary.url);
    await Promise.all([
      runOps(['migrate'], {
        ...owner,
        CORE_DB_API_PASSWORD: secrets.rolePasswords.core_api,
        CORE_DB_WORKER_PASSWORD: secrets.rolePasswords.core_worker,
        CORE_DB_IMPORTER_PASSWORD: secrets.rolePasswords.core_importer,
        CORE_DB_SEALER_PASSWORD: secrets.rolePasswords.core_sealer,
      }).then(() => say('schema is migrated')),
      runOps(['topics'], database).then(() => say('topics are there')),
    ]);

    const standIns = await startStandIns(options, ports);
    running.push(() => Promise.all(standIns.children.map((child) => child.stop())));

    const [grpcPort, httpPort] = [await freePort(ports.grpc), await freePort(ports.http)];
    const entry = (name: AppName) => (options.bundles ? { entry: `dist/${name}/main.mjs` } : {});
    const start = async (name: AppName, env: Record<string, string>, number = 1): Promise<App> => {
      const role = `core_${name}` as const;
      const app = await startApp(name, {
        dir,
        adminPort: number === 1 ? ports[name] : undefined,
        number,
        ...entry(name),
        env: {
          ...database,
          CORE_DB_USER: role,
          CORE_DB_PASSWORD: secrets.rolePasswords[role],
          CORE_ENCRYPTION_KEYS: secrets.encryptionKeys,
          ...env,
        },
      });
      say(`${app.name} is ready`);
      return app;
    };
    const starts: Record<AppName, (number?: number) => Promise<App>> = {
      api: () =>
        start('api', {
          CORE_DB_REPLICAS: postgres.replicas.map(({ port }) => `127.0.0.1:${port}`).join(),
          CORE_GRPC_PORT: String(grpcPort),
          CORE_HTTP_PORT: String(httpPort),
          CORE_REFLECTION: 'true',
          AUTH_GRPC_URL: standIns.authAddress,
          ...tokens.apiEnv,
          SHOPIFY_BASE_URL: standIns.shopifyBaseUrl,
          SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
        }),
      worker: (number) =>
        start('worker', { CORE_DB_SEALER_PASSWORD: secrets.rolePasswords.core_sealer }, number),
      importer: (number) =>
        start(
          'importer',
          {
            REDIS_URL: redis.url,
            SHOPIFY_BASE_URL: standIns.shopifyBaseUrl,
            SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
            SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
          },
          number,
        ),
    };
    const apps = {} as Record<AppName, App>;
    const further: App[] = [];
    const processes = () => [...Object.values(apps), ...further];
    running.push(() => Promise.all(processes().map((app) => app.child.stop())));
    const restart = async (name: AppName) => (apps[name] = await starts[name]());
    await Promise.all((Object.keys(starts) as AppName[]).map(restart));
    for (const [name, count] of Object.entries(options.processes ?? {}) as [Scaled, number][]) {
      for (let number = 2; number <= count; number++) further.push(await starts[name](number));
    }

    return {
      services,
      apps,
      further,
      parts: () => [
        ...[postgres.primary, ...postgres.replicas].map((node) => node.child),
        ...[kafka.child, redis.child, ...standIns.children],
        ...processes().map((app) => app.child),
      ],
      restart,
      stop,
      standInUrl: standIns.shopifyUrl,
      env: {
        CORE_GRPC_ADDR: `127.0.0.1:${grpcPort}`,
        CORE_HTTP_URL: `http://127.0.0.1:${httpPort}`,
        ...owner,
        CORE_ENCRYPTION_KEYS: secrets.encryptionKeys,
        DEV_DB_URL: postgres.primary.url,
        DEV_DB_REPLICA_URL: postgres.replicas[0]?.url ?? '',
        REDIS_URL: redis.url,
        SHOPIFY_BASE_URL: standIns.shopifyBaseUrl,
        DEV_MERCHANT_ID: secrets.merchantId,
        DEV_SHOP: SHOP,
        DEV_TOKEN: tokens.merchant,
        DEV_SERVICE_TOKEN: tokens.service,
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Two stacks on one folder would stop each other's services as leftovers of an earlier run. */
async function claimForStack(dir: string): Promise<() => Promise<void>> {
  const giveBack = await claimFolder('stack', dir);
  if (!giveBack) {
    throw new Error(
      `a stack is running on ${dir}; stop it (Ctrl-C), or name another folder with -- --dir <folder>`,
    );
  }
  return async () => giveBack();
}
