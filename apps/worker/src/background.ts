import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { Logger, Registry } from '@core/runtime';

/** Dependencies of the work beside the consumers. */
export interface BackgroundDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  log: Logger;
  metrics: Registry;
}

/** Work that goes on until it is closed. */
export interface Background {
  /** Ends after the transaction in hand. */
  close(): Promise<void>;
}
