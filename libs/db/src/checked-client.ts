import { Client, type ClientConfig } from 'pg';
import { isPooled, pidOf } from './backend-pid.ts';
import { WrongPooler } from './wrong-pooler.ts';

export interface CheckedConfig extends ClientConfig {
  /** Whether a pooler is expected at the address. */
  pooled?: boolean;
  /** A statement that sets up the session. */
  setUp?: string;
}

/**
 * A connection that is guaranteed to have its settings: the server accepted them at the login, or they are
 * set afterwards. A pooler may be configured to ignore them. Timeouts would then be missing and prepared
 * statements would belong to another client, which shows only under load.
 * @throws WrongPooler, from connect()
 */
export class CheckedClient extends Client {
  readonly #config: CheckedConfig;

  constructor(config: CheckedConfig) {
    super(config);
    this.#config = config;
    // A pool adds its error listener only once it has the client. Without this one, a connection that is lost
    // earlier would end the process. The current statement fails with the same error.
    this.on('error', () => undefined);
  }

  override connect(): Promise<Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<Client> | void {
    const connected = this.#connect();
    if (!callback) return connected.then(() => this);
    connected.then(() => (callback as (error?: Error) => void)(), callback);
  }

  async #connect(): Promise<void> {
    const { pooled = false, setUp } = this.#config;
    try {
      await super.connect();
    } catch (error) {
      throw explained(error);
    }
    try {
      if (setUp !== undefined) await this.query(setUp);
      else if (!pooled && isPooled(this, await pidOf(this)))
        throw new WrongPooler(`${POOLED}, which ignores the settings of connections; ${SET}`);
    } catch (error) {
      // No other code has this client yet, so it must be closed here.
      this.end().catch(() => undefined);
      throw error;
    }
  }
}

const POOLED = 'the address of PostgreSQL leads to a connection pooler';
const SET =
  'set CORE_DB_POOLER to its mode, session or transaction (if this is CORE_DB_DIRECT, set it to PostgreSQL itself)';

/** Adds advice to pgbouncer's error, which names the first setting that pgbouncer does not support. */
function explained(error: unknown): unknown {
  const { message = '' } = error as { message?: string };
  return /unsupported startup parameter/.test(message)
    ? new WrongPooler(`${POOLED} ("${message}"); ${SET}`)
    : error;
}
