import type { TopicSpec } from '@core/events';
import type { ShopifyStandInOptions } from '@core/shopify-stand-in';
import type { AuthStandInOptions, StartKafka, StartPostgres, StartRedis } from '@core/testing';
import type { Secrets } from './secrets.ts';

export type AppName = 'api' | 'worker' | 'importer';
/** The owner of the schema, an app's role, or the one that seals the audit log. */
export type Role = 'core_owner' | `core_${AppName}` | 'core_sealer';

/** The stand-in runs as a process of its own, so that its work does not slow this process. */
export interface Separate {
  separate: true;
  /** Preferred; the next free one if it is taken. */
  port?: number;
}

/** The options name the parts of a stack. A part that is not named is not started, and asking the stack for it throws. */
export interface StackOptions {
  /**
   * `run`: the services of `npm test`, shared by all specs, and a database of the spec's own, in the layout of the run.
   * `own`, the default: services of the stack's own, for suites that stop, freeze or measure them.
   */
  services?: 'own' | 'run';
  /** The folder of data and logs, which a second start goes on with. A temporary one unless given. */
  dir?: string;
  /** PostgreSQL, migrated, with a login for each role. Options count for services of its own. */
  postgres?: Omit<StartPostgres, 'dir'>;
  /** Kafka. One of the stack's own gets the topics of the service; `topics` are made before them, with other settings. */
  kafka?: Omit<StartKafka, 'dir' | 'jars'> & { topics?: readonly TopicSpec[] };
  /** Redis. `database` keeps specs apart that share a server. */
  redis?: Omit<StartRedis, 'dir'> & { database?: number };
  auth?: AuthStandInOptions | Separate;
  /** The stand-in, or the base URL of another server that plays Shopify. */
  shopify?: ShopifyStandInOptions | (Separate & { customers: number }) | { url: string };
  /** New ones unless given. */
  secrets?: Secrets;
  /** Told what is up. */
  say?: (line: string) => void;
  /** An aborted start stops what it has started. */
  signal?: AbortSignal;
}
