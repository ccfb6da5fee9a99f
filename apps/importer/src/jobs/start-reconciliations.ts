import type { MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { claimReconciliation, reconcileShop } from '@core/domain';
import { startLoop, type Logger, type Loop } from '@core/runtime';
import { inTransactionOf } from '../in-transaction-of.ts';

export interface ReconciliationsDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Milliseconds between two imports that compare a shop; 0: none are started. */
  everyMs: number;
  log: Logger;
}

const POLL_EVERY_MS = 5_000;

/** Starts the delta imports that look for what webhooks have missed. They are ordinary imports. */
export const startReconciliations = (deps: ReconciliationsDeps): Loop[] =>
  deps.everyMs === 0
    ? []
    : [
        startLoop({
          name: 'reconciliation',
          log: deps.log,
          every: POLL_EVERY_MS,
          work: async () => ((await reconcileNext(deps)) ? 0 : POLL_EVERY_MS),
        }),
      ];

/** Decides about the shop that has waited longest. @returns false when none is due */
export async function reconcileNext({ pool, keys, everyMs, log }: ReconciliationsDeps): Promise<boolean> {
  const due = await inTransaction(pool, claimReconciliation);
  if (!due) return false;
  const ctx = { caller: 'importer', requestId: 'reconciliation', keys };
  const started = await inTransactionOf(due, pool, (tx) => reconcileShop(tx, ctx, { due, everyMs }));
  if (started) {
    const { merchantId: merchant_id, shop } = due;
    log.info({ merchant_id, shop, import_id: started.importId }, 'a reconciliation was started');
  }
  return true;
}
