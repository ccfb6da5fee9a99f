import { CUSTOMERS_SHA256, MOST_CUSTOMERS_OF_AUDIT } from './schema/privacy.ts';
import type { Tx } from './transaction.ts';

export interface AuditEntry {
  merchantId: string;
  customerId?: string | undefined;
  /** Such as customer.create. */
  action: string;
  /** Field names and counts, never a person's values. `customers_sha256` is reserved for appendSharedAudit. */
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

/** An action that many customers share. */
export type SharedAudit = Pick<AuditEntry, 'merchantId' | 'action'> & { customerIds: readonly string[] };

/**
 * Writes one audit row that names all of the customers, or one for each thousand of them. For a single customer
 * it writes the row of appendAudit. Nothing may prune the log, so a row for each customer would flood it.
 */
export async function appendSharedAudit(
  tx: Tx,
  actor: Actor,
  { merchantId, action, customerIds }: SharedAudit,
): Promise<void> {
  for (let from = 0; from < customerIds.length; from += MOST_CUSTOMERS_OF_AUDIT) {
    const ids = customerIds.slice(from, from + MOST_CUSTOMERS_OF_AUDIT);
    if (ids.length === 1) {
      await appendAudit(tx, actor, { merchantId, action, customerId: ids[0] });
      continue;
    }
    await tx.query(
      `insert into audit_log (merchant_id, customer_ids, actor, action, detail, request_id)
       select $1, customer_ids, $2, $3,
              jsonb_build_object('customers', cardinality(customer_ids), 'customers_sha256', ${CUSTOMERS_SHA256}), $4
         from (select $5::uuid[] as customer_ids) named`,
      [merchantId, actor.caller, action, actor.requestId, ids],
      'append_shared_audit',
    );
  }
}

/**
 * SQL that appends audit rows, for a write that says them in its own statement, as appendEventsSql.
 * @param from FROM item with merchant_id, customer_id, actor, action, detail (jsonb) and request_id
 */
export const appendAuditsSql = (from: string): string => `
  insert into audit_log (merchant_id, customer_id, actor, action, detail, request_id)
  select merchant_id, customer_id, actor, action, detail, request_id from ${from}`;
