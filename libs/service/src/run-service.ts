import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { advise, assertServablePrimary, createPool, type Pool, type PoolOptions } from '@core/db';
import {
  createMetrics,
  runApp,
  startAdminServer,
  untilReady,
  type AdminOptions,
  type AdminServer,
  type App,
  type Env,
  type EnvSchema,
  type Registry,
} from '@core/runtime';
import type { serviceEnv } from './env.ts';

type CommonEnv = ReturnType<typeof serviceEnv>;

/** The parts that every service works with. */
export interface Service<S extends EnvSchema> extends App<S> {
  keys: MerchantKeyStore;
  metrics: Registry;
  /** Connections to the primary. */
  pool: Pool;
}

/** A dependency that must answer before the work starts. */
export interface StartupDependency {
  connect: () => Promise<unknown>;
  /** See untilReady. */
  advise: (error: unknown) => string | undefined;
}

/**
 * A service as its main.ts describes it.
 * @template Own what the service opens
 * @template Work the running work
 */
export interface ServiceParts<S extends EnvSchema, Own, Work> {
  name: string;
  env: S;
  /** Options of the pool, in addition to those of all services. */
  pool?: (env: Env<S>) => Omit<PoolOptions, 'app' | 'log'>;
  /**
   * Opens the service's other resources without waiting for them. Each resource adds its clean-up to the
   * shutdown.
   */
  open: (service: Service<S>) => Own | Promise<Own>;
  /**
   * Returns the readiness checks of the admin port. @param work returns undefined before the work starts and
   * once it ends
   */
  readiness: (
    service: Service<S> & Own,
    work: () => Work | undefined,
  ) => Pick<AdminOptions, 'checks' | 'writeChecks'>;
  /** Further routes of the admin port, by path. */
  routes?: (service: Service<S> & Own) => AdminOptions['routes'];
  /** Dependencies by name, in the order of waiting. PostgreSQL is the first, unless it is named here. */
  needs?: (service: Service<S> & Own) => Record<string, StartupDependency>;
  start: (service: Service<S> & Own & { admin: AdminServer }) => Work | Promise<Work>;
}

/** Runs a service from start to exit; see startService and runApp. */
export const runService = <S extends EnvSchema & CommonEnv, Own, Work>(
  parts: ServiceParts<S, Own, Work>,
): Promise<void> => runApp(parts.name, parts.env, async (app) => void (await startService(parts, app)));

/**
 * Starts a service: keys, metrics, pool and its own resources, then its admin port. It waits for its
 * dependencies, then starts its work. The shutdown ends these in reverse order, and first reports that the
 * service is no longer ready.
 * @param startAdmin replaces the default admin server, which listens on a separate port
 * @throws UnknownSchema; Error naming the variable of a port in use
 */
export async function startService<S extends EnvSchema & CommonEnv, Own, Work>(
  parts: ServiceParts<S, Own, Work>,
  app: App<S>,
  startAdmin: StartAdmin = startAdminServer,
): Promise<Work> {
  const { log, shutdown } = app;
  const env = app.env as Env<CommonEnv>;
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));
  const metrics = createMetrics(parts.name);
  const pool = createPool(env, { app: parts.name, log, ...parts.pool?.(app.env) });
  shutdown.add('database', () => pool.end());
  const common = { ...app, keys, metrics, pool };
  const service = { ...common, ...(await parts.open(common)) };

  let work: Work | undefined;
  const admin = await startAdmin({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    metrics,
    log,
    ...parts.readiness(service, () => work),
    routes: parts.routes?.(service) ?? {},
  });
  shutdown.add('admin server', () => admin.close());
  log.info({ admin_port: admin.port }, 'serving health and metrics');

  const needs = {
    PostgreSQL: { connect: () => assertServablePrimary(pool, { env, log }), advise },
    ...parts.needs?.(service),
  };
  for (const [what, { connect, advise }] of Object.entries<StartupDependency>(needs)) {
    await untilReady(connect, { what, signal: shutdown.signal, log, advise });
  }
  const started = await parts.start({ ...service, admin });
  work = started;
  shutdown.add('readiness', () => (work = undefined));
  return started;
}

/**
 * Starts the admin server that answers /readyz and /metrics: on its own port, or through a supervisor that
 * queries it.
 */
export type StartAdmin = (options: AdminOptions) => Promise<AdminServer>;
