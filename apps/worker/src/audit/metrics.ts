import { inTransaction, type Pool } from '@core/db';
import { readOldestUnsealed, type Sealed } from '@core/domain';
import { Counter, Gauge, type Registry } from '@core/runtime';

export interface SealerMetrics {
  /**
   * Records a successful pass.
   * @param sealed null when there was nothing to seal, or while another worker seals
   */
  onPass(sealed: Sealed | null): void;
}

/** @param pool connects as the role core_sealer */
export function createSealerMetrics(registry: Registry, pool: Pool): SealerMetrics {
  const registers = [registry];
  const rows = new Counter({
    name: 'core_audit_sealed_rows_total',
    help: 'Audit rows that this process has sealed',
    registers,
  });
  const head = new Gauge({
    name: 'core_audit_seal_head',
    help: 'The last seal that this process has written',
    registers,
  });
  const lastPass = new Gauge({
    name: 'core_audit_last_pass_timestamp_seconds',
    // Stops advancing when no seal can be written, whatever the reason: alert on its age.
    help: 'Time of the last pass in which this process found the audit log sealed, or sealed it',
    registers,
  });
  new Gauge({
    name: 'core_audit_unsealed_seconds',
    // A transaction that is held open keeps all later rows from being sealed.
    help: 'Age of the oldest audit row that is not sealed; NaN while the database does not answer',
    registers,
    async collect() {
      this.set(await inTransaction(pool, readOldestUnsealed).catch(() => NaN));
    },
  });
  return {
    onPass(sealed) {
      lastPass.setToCurrentTime();
      if (!sealed) return;
      rows.inc(sealed.rows);
      head.set(sealed.seq);
    },
  };
}
