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
export const appendAudit = (tx: Tx, actor: Actor, entry: AuditEntry): Promise<void> =>
  appendAudits(tx, [{ actor, entry }]);

/** Writes audit rows in the caller's transaction, each with its own actor, in one statement. */
export async function appendAudits(
  tx: Tx,
  rows: readonly { actor: Actor; entry: AuditEntry }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    appendAuditsSql(`unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::text[])
                       as entry (merchant_id, customer_id, actor, action, detail, request_id)`),
    [
      rows.map(({ entry }) => entry.merchantId),
      rows.map(({ entry }) => entry.customerId ?? null),
      rows.map(({ actor }) => actor.caller),
      rows.map(({ entry }) => entry.action),
      rows.map(({ entry }) => JSON.stringify(entry.detail ?? {})),
      rows.map(({ actor }) => actor.requestId),
    ],
    'append_audits',
  );
}

/**
 * SQL that appends audit rows, for a write that says them in its own statement, as appendEventsSql.
 * @param from FROM item with merchant_id, customer_id, actor, action, detail (jsonb) and request_id
 */
export const appendAuditsSql = (from: string): string => `
  insert into audit_log (merchant_id, customer_id, actor, action, detail, request_id)
  select merchant_id, customer_id, actor, action, detail, request_id from ${from}`;
