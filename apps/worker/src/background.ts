import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { Logger, Registry } from '@core/runtime';

/** Dependencies of the background work, which runs next to the consumers. */
export interface BackgroundDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  log: Logger;
  metrics: Registry;
}

/** Work that runs until it is closed. */
export interface Background {
  /** Stops after the current transaction. */
  close(): Promise<void>;
}
