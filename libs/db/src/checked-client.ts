import { Client, type ClientConfig } from 'pg';
import { isPooled, pidOf } from './backend-pid.ts';
import { WrongPooler } from './wrong-pooler.ts';

export interface CheckedConfig extends ClientConfig {
  /** Whether a pooler is to be at the address. */
  pooled?: boolean;
  /** A statement that sets up the session. */
  setUp?: string;
}

/**
 * A connection that has its settings: they were taken at the login, or are set after it. Behind a pooler that was told to
 * ignore them, timeouts would be missing and prepared statements be somebody else's, which shows only under load.
 */
export class CheckedClient extends Client {
  readonly #config: CheckedConfig;

  constructor(config: CheckedConfig) {
    super(config);
    this.#config = config;
    // A pool listens once it has the client: a connection that ends before would end the process. Its statement fails
    // with the same error.
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
      // Nobody else has it yet.
      this.end().catch(() => undefined);
      throw error;
    }
  }
}

const POOLED = 'the address of PostgreSQL leads to a connection pooler';
const SET =
  'set CORE_DB_POOLER to its mode, session or transaction (of CORE_DB_DIRECT: to PostgreSQL itself)';

/** pgbouncer names the first setting that it does not know. */
function explained(error: unknown): unknown {
  const { message = '' } = error as { message?: string };
  return /unsupported startup parameter/.test(message)
    ? new WrongPooler(`${POOLED} ("${message}"); ${SET}`)
    : error;
}
