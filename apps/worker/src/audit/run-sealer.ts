import { advise, createPool, inTransaction } from '@core/db';
import { sealAudit } from '@core/domain';
import { pause, type Env } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import type { workerEnv } from '../config.ts';
import { sealerMetrics } from './metrics.ts';

type SealerEnv = Pick<Env<typeof workerEnv>, Extract<keyof typeof workerEnv, `CORE_DB_${string}`>>;

export interface RunSealerOptions extends Pick<BackgroundDeps, 'log' | 'metrics'> {
  env: SealerEnv;
  /** Pause between two looks, milliseconds. */
  everyMs?: number;
}

/** Rows are sealed within a minute of their commit: this, and the time of a seal. */
const SEAL_EVERY_MS = 20_000;

/**
 * Seals the audit log as the role core_sealer until closed. Any number of workers may: one seals at a time. The head of
 * the chain goes into this process's log, out of reach of who can write to the database.
 */
export function runSealer({ env, log, metrics, everyMs = SEAL_EVERY_MS }: RunSealerOptions): Background {
  const password = env.CORE_DB_SEALER_PASSWORD;
  if (!password) {
    log.warn('the audit log is not sealed: CORE_DB_SEALER_PASSWORD is not set');
    return { close: async () => undefined };
  }
  const pool = createPool(
    { ...env, CORE_DB_USER: 'core_sealer', CORE_DB_PASSWORD: password },
    { app: 'sealer', log, max: 2 },
  );
  const stopping = new AbortController();
  const { signal } = stopping;
  const { onPass } = sealerMetrics(metrics, pool);

  const pass = async (): Promise<boolean> => {
    const sealed = await inTransaction(pool, (tx) => sealAudit(tx));
    onPass(sealed);
    if (!sealed) return false;
    const { seq, rows, hash, more } = sealed;
    log.info({ seal: seq, rows, hash: hash.toString('hex') }, 'the audit log is sealed');
    return more;
  };
  const seal = async (): Promise<void> => {
    while (!signal.aborted) {
      const more = await pass().catch((err: unknown) => {
        const advice = advise(err, 'CORE_DB_SEALER_PASSWORD');
        log.error({ err }, ['could not seal the audit log; trying again', advice].filter(Boolean).join(': '));
        return false;
      });
      if (!more) await pause(everyMs, signal);
    }
  };
  const running = seal();
  return {
    async close() {
      stopping.abort();
      await running;
      await pool.end();
    },
  };
}
