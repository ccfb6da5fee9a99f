import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { KafkaClient } from '@core/events';
import type { ShopifyStandIn } from '@core/shopify-stand-in';
import type { AuthStandIn, Child, Kafka, Postgres, Redis, TokenIssuer } from '@core/testing';
import type { App, LaunchApp } from './apps.ts';
import type { Database } from './database.ts';
import type { Given } from './given.ts';
import type { AppName, Role } from './options.ts';
import type { PoolSettings } from './pools.ts';
import type { Secrets } from './secrets.ts';

/**
 * The apps and everything that they depend on. Parts stop in the reverse order of their start. Reading a part
 * that the stack was started without throws an Error that names it. Starting anything on a stopped stack
 * throws as well.
 */
export interface Stack extends AsyncDisposable {
  /** The folder of data and logs. */
  readonly dir: string;
  readonly database: Database;
  /** The server processes, available with `own` services only. */
  readonly postgres: Postgres;
  readonly kafka: Kafka;
  readonly redis: Redis;
  /** host:port to which clients connect. */
  readonly broker: string;
  readonly redisUrl: string;
  /** The stand-ins in this process. */
  readonly auth: AuthStandIn;
  readonly shopify: ShopifyStandIn;
  /** The value of SHOPIFY_BASE_URL. The client replaces its {shop}. */
  readonly shopifyUrl: string;
  /** Issues tokens for callers. An api accepts them when it is started with issuer.env. */
  readonly issuer: TokenIssuer;
  readonly secrets: Secrets;
  /** Decrypts the data that apps of this stack encrypt. */
  readonly keys: MerchantKeyStore;
  /** Returns a store with the same keyring and an empty cache, like that of another process. */
  newKeys(): MerchantKeyStore;
  /** Returns the environment of a program that logs in as this role, such as `ops`. */
  envAs(role: Role): Record<string, string>;
  /** Returns the environment of a process of this app. */
  envOf(app: AppName): Record<string, string>;
  /** Opens a pool of this role, which ends with the stack. */
  pool(role: Role, settings?: PoolSettings): Pool;
  /** Creates the initial data of a spec. */
  readonly given: Given;
  /** Opens a Kafka client, which closes with the stack. */
  connectKafka(): KafkaClient;
  /** Starts a process of an app with envOf(app), and waits until it is ready. */
  start(app: AppName, options?: LaunchApp): Promise<App>;
  /** Starts a process of an app without waiting until it is ready. */
  launch(app: AppName, options?: LaunchApp): Promise<App>;
  /** Returns all running processes that the stack has started. */
  children(): Child[];
  /**
   * Runs `work` when the stack stops, before parts that were started earlier stop. `work` must not await
   * `stop`.
   */
  defer(work: () => Promise<unknown> | unknown): void;
  /**
   * Stops the stack; all callers wait for the same stop.
   * @throws Error with the reason of every failure, after everything else has stopped
   */
  stop(): Promise<void>;
}
