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
 * Everything that apps stand on, and the apps. It stops in the reverse order of its start. To ask for what the stack was
 * not started with throws an Error that says so; so does a start of anything on a stack that has stopped.
 */
export interface Stack extends AsyncDisposable {
  /** The folder of data and logs. */
  readonly dir: string;
  readonly database: Database;
  /** The servers themselves, only of the stack's own. */
  readonly postgres: Postgres;
  readonly kafka: Kafka;
  readonly redis: Redis;
  /** host:port, as clients see it. */
  readonly broker: string;
  readonly redisUrl: string;
  /** The stand-ins in this process. */
  readonly auth: AuthStandIn;
  readonly shopify: ShopifyStandIn;
  /** The value of SHOPIFY_BASE_URL; its {shop} is for the client to replace. */
  readonly shopifyUrl: string;
  /** Issues tokens of callers; an api takes them that is started with issuer.env. */
  readonly issuer: TokenIssuer;
  readonly secrets: Secrets;
  /** Opens what apps of this stack encrypt. */
  readonly keys: MerchantKeyStore;
  /** The same keyring with an empty cache, as another process has it. */
  newKeys(): MerchantKeyStore;
  /** The environment of a program that logs in as this role, such as `ops`. */
  envAs(role: Role): Record<string, string>;
  /** The environment of a process of this app. */
  envOf(app: AppName): Record<string, string>;
  /** A pool of this role, which ends with the stack. */
  pool(role: Role, settings?: PoolSettings): Pool;
  /** Makes the data that a spec starts from. */
  readonly given: Given;
  /** A client of Kafka, which closes with the stack. */
  connectKafka(): KafkaClient;
  /** Starts a process of an app with envOf(app), and waits until it is ready. */
  start(app: AppName, options?: LaunchApp): Promise<App>;
  /** The same without waiting. */
  launch(app: AppName, options?: LaunchApp): Promise<App>;
  /** All processes that the stack has started and that run. */
  children(): Child[];
  /** Runs `work` when the stack stops, before it ends what was started earlier. Do not wait for `stop` in it. */
  defer(work: () => Promise<unknown> | unknown): void;
  /** Each caller waits for the same end. @throws Error with every reason, after everything else was stopped */
  stop(): Promise<void>;
}
