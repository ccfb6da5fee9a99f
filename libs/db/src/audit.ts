import type { Tx } from './transaction.ts';

export interface AuditEntry {
  merchantId: string;
  customerId?: string | undefined;
  /** Such as customer.create. */
  action: string;
  /** Field names and counts, never a person's values. */
  detail?: Record<string, unknown>;
}

/** Who acts, for the audit row. */
export interface Actor {
  caller: string;
  requestId: string;
}

/** Writes one audit row in the caller's transaction. */
export async function appendAudit(tx: Tx, actor: Actor, entry: AuditEntry): Promise<void> {
  await tx.query(
    `insert into audit_log (merchant_id, customer_id, actor, action, detail, request_id)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      entry.merchantId,
      entry.customerId ?? null,
      actor.caller,
      entry.action,
      JSON.stringify(entry.detail ?? {}),
      actor.requestId,
    ],
  );
}
