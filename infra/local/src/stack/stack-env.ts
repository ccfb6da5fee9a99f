import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The addresses and secrets of a running stack, for scripts and developers. */
export interface StackEnv {
  /** host:port */
  CORE_GRPC_ADDR: string;
  CORE_HTTP_URL: string;
  /**
   * `npm run ops` reads the variables from here to CORE_ENCRYPTION_KEYS. The role is the database's owner.
   */
  CORE_DB_HOST: string;
  CORE_DB_PORT: string;
  CORE_DB_NAME: string;
  CORE_DB_USER: string;
  CORE_DB_PASSWORD: string;
  KAFKA_BROKER: string;
  CORE_ENCRYPTION_KEYS: string;
  /** Urls of the same database and its replica, for psql. */
  DEV_DB_URL: string;
  DEV_DB_REPLICA_URL: string;
  REDIS_URL: string;
  SHOPIFY_BASE_URL: string;
  DEV_MERCHANT_ID: string;
  DEV_SHOP: string;
  /** A token bound to DEV_MERCHANT_ID, with every scope, valid for 30 days from the start. */
  DEV_TOKEN: string;
  /** The same without a bound merchant, like the token of a platform service: valid for any merchant. */
  DEV_SERVICE_TOKEN: string;
}

const file = (dir: string) => join(dir, 'stack.env');

/** Writes <dir>/stack.env atomically, so that a reader never sees a part of it. */
export function writeStackEnv(dir: string, env: StackEnv): void {
  const text = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(`${file(dir)}.new`, text.join(''), { mode: 0o600 });
  renameSync(`${file(dir)}.new`, file(dir));
}

export const removeStackEnv = (dir: string): void => rmSync(file(dir), { force: true });
