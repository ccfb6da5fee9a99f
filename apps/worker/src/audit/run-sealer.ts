import { createPool, inTransaction, type Pool } from '@core/db';
import { readUnsealed, sealAudit } from '@core/domain';
import { Counter, Gauge, pause, type Env, type Registry } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import type { workerEnv } from '../config.ts';

type SealerEnv = Pick<
  Env<typeof workerEnv>,
  Extract<keyof typeof workerEnv, `CORE_DB_${string}`> | 'NODE_ENV'
>;

export interface RunSealerOptions extends Pick<BackgroundDeps, 'log' | 'metrics'> {
  env: SealerEnv;
}

/** Rows are sealed within a minute of their commit: this, and the time of a seal. */
const SEAL_EVERY_MS = 20_000;

/**
 * Seals the audit log as the role core_sealer until closed. Any number of workers may: one seals at a time. The head of
 * the chain goes into this process's log, out of reach of who can write to the database.
 * @throws Error in production when the role has no password here
 */
export function runSealer({ env, log, metrics }: RunSealerOptions): Background {
  const password = env.CORE_DB_SEALER_PASSWORD;
  if (!password) {
    const what = 'the audit log is not sealed: CORE_DB_SEALER_PASSWORD is not set';
    if (env.NODE_ENV === 'production') throw new Error(`${what}; production needs it`);
    log.warn(what);
    return { close: async () => undefined };
  }
  const pool = createPool(
    { ...env, CORE_DB_USER: 'core_sealer', CORE_DB_PASSWORD: password },
    { app: 'sealer', log, max: 2 },
  );
  const stopping = new AbortController();
  const { signal } = stopping;
  const onSealed = sealerMetrics(metrics, pool);

  const seal = async (): Promise<void> => {
    while (!signal.aborted) {
      const sealed = await inTransaction(pool, (tx) => sealAudit(tx)).catch((err: unknown) => {
        log.warn({ err }, 'could not seal the audit log; trying again');
        return null;
      });
      if (sealed) {
        onSealed(sealed.rows);
        const { seq, rows } = sealed;
        log.info({ seal: seq, rows, hash: sealed.hash.toString('hex') }, 'the audit log is sealed');
      }
      if (!sealed?.more) await pause(SEAL_EVERY_MS, signal);
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

function sealerMetrics(registry: Registry, pool: Pool): (rows: number) => void {
  const registers = [registry];
  const sealed = new Counter({
    name: 'core_audit_sealed_rows_total',
    help: 'Audit rows that this process has sealed',
    registers,
  });
  new Gauge({
    name: 'core_audit_unsealed_seconds',
    // A transaction that is held open keeps all later rows from being sealed.
    help: 'Age of the oldest audit row that is not sealed',
    registers,
    async collect() {
      const unsealed = await inTransaction(pool, readUnsealed).catch(() => undefined);
      if (unsealed) this.set(unsealed.oldestSeconds);
    },
  });
  return (rows) => sealed.inc(rows);
}
