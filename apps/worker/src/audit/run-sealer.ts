import { advise, createPool, inTransaction, type DatabaseEnv } from '@core/db';
import { sealAudit } from '@core/domain';
import { startLoop } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { createSealerMetrics } from './metrics.ts';

export interface RunSealerOptions extends Pick<BackgroundDeps, 'log' | 'metrics'> {
  /** The address of the database. */
  env: Omit<DatabaseEnv, 'CORE_DB_USER' | 'CORE_DB_PASSWORD'>;
  /** The result of sealerOf: sealing can only be disabled explicitly. */
  sealer: { password: string } | 'off';
  /** Pause between two passes, in milliseconds. */
  everyMs?: number;
}

/** Rows are sealed within a minute of their commit: this pause, plus the duration of a seal. */
const SEAL_EVERY_MS = 20_000;

/**
 * Seals the audit log as the role core_sealer until closed. Any number of workers may run it: one seals at a
 * time. The head of the chain goes into the log of this process, which a user with write access to the
 * database cannot change.
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
  const { onPass } = createSealerMetrics(metrics, pool);

  const loop = startLoop({
    name: 'audit log sealing',
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
