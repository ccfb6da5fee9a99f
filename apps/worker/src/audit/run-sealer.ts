import { advise, createPool, inTransaction, type DatabaseEnv } from '@core/db';
import { sealAudit } from '@core/domain';
import { startLoop } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { sealerMetrics } from './metrics.ts';

export interface RunSealerOptions extends Pick<BackgroundDeps, 'log' | 'metrics'> {
  /** Where the database is. */
  env: Omit<DatabaseEnv, 'CORE_DB_USER' | 'CORE_DB_PASSWORD'>;
  /** As sealerOf reads it: to seal nothing has to be said. */
  sealer: { password: string } | 'off';
  /** Pause between two looks, milliseconds. */
  everyMs?: number;
}

/** Rows are sealed within a minute of their commit: this, and the time of a seal. */
const SEAL_EVERY_MS = 20_000;

/**
 * Seals the audit log as the role core_sealer until closed. Any number of workers may: one seals at a time. The head of
 * the chain goes into this process's log, out of reach of who can write to the database.
 */
export function runSealer({
  env,
  sealer,
  log,
  metrics,
  everyMs = SEAL_EVERY_MS,
}: RunSealerOptions): Background {
  if (sealer === 'off') {
    log.warn('the audit log is not sealed: CORE_DB_SEALER_PASSWORD is not set');
    return { close: async () => undefined };
  }
  const pool = createPool(
    { ...env, CORE_DB_USER: 'core_sealer', CORE_DB_PASSWORD: sealer.password },
    { app: 'sealer', log, max: 2 },
  );
  const { onPass } = sealerMetrics(metrics, pool);

  const loop = startLoop({
    name: 'seal the audit log',
    log,
    level: 'error',
    advise: (error) => advise(error, 'CORE_DB_SEALER_PASSWORD'),
    every: everyMs,
    work: async () => {
      const sealed = await inTransaction(pool, (tx) => sealAudit(tx));
      onPass(sealed);
      if (!sealed) return everyMs;
      const { seq, rows, hash, more } = sealed;
      log.info({ seal: seq, rows, hash: hash.toString('hex') }, 'the audit log is sealed');
      return more ? 0 : everyMs;
    },
  });
  return {
    async close() {
      await loop.stop();
      await pool.end();
    },
  };
}
