import type { TopicSpec } from '@core/events';
import type { ShopifyStandInOptions } from '@core/shopify-stand-in';
import type { AuthStandInOptions, StartKafka, StartPostgres, StartRedis } from '@core/testing';
import type { Secrets } from './secrets.ts';

export type AppName = 'api' | 'worker' | 'importer';
/** The owner of the schema, the role of an app, or the role that seals the audit log. */
export type Role = 'core_owner' | `core_${AppName}` | 'core_sealer';

/** Runs a stand-in in a separate process, so that its work does not slow this process. */
export interface Separate {
  separate: true;
  /** The preferred port; the next free one if it is taken. */
  port?: number;
}

/** The parts of a stack. A part that is not named is not started, and reading it from the stack throws. */
export interface StackOptions {
  /**
   * `run`: the services of `npm test`, shared by all specs, with a separate database in the layout of the
   * run. `own`, the default: separate services for this stack, for suites that stop, freeze or measure them.
   */
  services?: 'own' | 'run';
  /** The folder of data and logs. A second start on it reuses them. By default a temporary folder. */
  dir?: string;
  /** PostgreSQL, migrated, with a login for each role. The options apply to `own` services only. */
  postgres?: Omit<StartPostgres, 'dir'>;
  /**
   * Kafka. The stack's own broker gets the topics of the service. `topics` are created before those, with
   * other settings.
   */
  kafka?: Omit<StartKafka, 'dir' | 'jars'> & { topics?: readonly TopicSpec[] };
  /** Redis. `database` isolates specs that share a server. */
  redis?: Omit<StartRedis, 'dir'> & { database?: number };
  auth?: AuthStandInOptions | Separate;
  /** The stand-in, or the base URL of another server that imitates Shopify. */
  shopify?: ShopifyStandInOptions | (Separate & { customers: number }) | { url: string };
  /** New secrets by default. */
  secrets?: Secrets;
  /** Called with a line of progress when a part is up. */
  say?: (line: string) => void;
  /** Aborts the start. The parts that are up are stopped. */
  signal?: AbortSignal;
}
