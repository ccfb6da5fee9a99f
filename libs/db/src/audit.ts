import { sql, type Column, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { auditLog, customers, MAX_CUSTOMERS_OF_AUDIT } from './schema/index.ts';
import { insertSelect, insertValues, json, many, statement, unnest } from './statement/index.ts';
import type { Tx } from './transaction.ts';

export interface AuditEntry {
  merchantId: MerchantId;
  customerId?: CustomerId | undefined;
  /** For example customer.create. */
  action: string;
  /**
   * Field names and counts, never a person's values. The key `customers_sha256` is reserved for
   * appendSharedAudit.
   */
  detail?: Record<string, unknown>;
}

/** The caller and the request of an action, for the audit row. */
export interface Actor {
  caller: string;
  requestId: string;
}

const APPEND = statement({
  name: 'append_audits',
  params: {
    merchantIds: many(auditLog.merchantId),
    customerIds: many(auditLog.customerId),
    actors: many(auditLog.actor),
    actions: many(auditLog.action),
    details: many(json),
    requestIds: many(auditLog.requestId),
  },
  text: (p) =>
    appendAuditRows(
      unnest('entry', {
        merchantId: p.merchantIds,
        customerId: p.customerIds,
        actor: p.actors,
        action: p.actions,
        detail: p.details,
        requestId: p.requestIds,
      }),
    ),
});

/** Writes one audit row in the caller's transaction. */
export const appendAudit = (tx: Tx, actor: Actor, entry: AuditEntry): Promise<void> =>
  appendAudits(tx, [{ actor, entry }]);

/** Writes audit rows in the caller's transaction, each with its own actor, in one statement. */
export async function appendAudits(
  tx: Tx,
  rows: readonly { actor: Actor; entry: AuditEntry }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(APPEND, {
    merchantIds: rows.map(({ entry }) => entry.merchantId),
    customerIds: rows.map(({ entry }) => entry.customerId),
    actors: rows.map(({ actor }) => actor.caller),
    actions: rows.map(({ entry }) => entry.action),
    details: rows.map(({ entry }) => JSON.stringify(entry.detail ?? {})),
    requestIds: rows.map(({ actor }) => actor.requestId),
  });
}

/** An action that many customers share. */
export type SharedAudit = Pick<AuditEntry, 'merchantId' | 'action'> & { customerIds: readonly CustomerId[] };

/** SQL digest of the customers that an audit row names, computed like the check of the table. */
export const customersSha256 = (ids: SQL | Column): SQL<string> =>
  sql`encode(sha256(convert_to(array_to_string(${ids}, ','), 'UTF8')), 'hex')`;

const APPEND_SHARED = statement({
  name: 'append_shared_audit',
  params: {
    merchantId: auditLog.merchantId,
    customerIds: many(customers.id),
    actor: auditLog.actor,
    action: auditLog.action,
    requestId: auditLog.requestId,
  },
  text: (p) =>
    insertValues(auditLog, {
      merchantId: p.merchantId,
      customerIds: p.customerIds,
      actor: p.actor,
      action: p.action,
      detail: sql`jsonb_build_object(
        'customers', cardinality(${p.customerIds}), 'customers_sha256', ${customersSha256(p.customerIds)})`,
      requestId: p.requestId,
    }),
});

/**
 * Writes one audit row that names all customers, or one row per thousand customers. For a single customer it
 * writes the same row as appendAudit. The log must never be pruned, so a row per customer would flood it.
 */
export async function appendSharedAudit(
  tx: Tx,
  actor: Actor,
  { merchantId, action, customerIds }: SharedAudit,
): Promise<void> {
  for (let from = 0; from < customerIds.length; from += MAX_CUSTOMERS_OF_AUDIT) {
    const ids = customerIds.slice(from, from + MAX_CUSTOMERS_OF_AUDIT);
    if (ids.length === 1) {
      await appendAudit(tx, actor, { merchantId, action, customerId: ids[0] });
      continue;
    }
    const { caller, requestId } = actor;
    await tx.run(APPEND_SHARED, { merchantId, customerIds: ids, actor: caller, action, requestId });
  }
}

/** The fields of audit rows, in SQL. */
type AuditRows = Readonly<
  Record<'merchantId' | 'customerId' | 'actor' | 'action' | 'detail' | 'requestId', SQL>
>;

/**
 * Returns SQL that appends audit rows within the statement that makes the change, like appendEvents.
 * @param rows a FROM item
 */
export function appendAuditRows(rows: AuditRows): SQL {
  const { merchantId, customerId, actor, action, detail, requestId } = rows;
  return sql`${insertSelect(auditLog, { merchantId, customerId, actor, action, detail, requestId })} from ${rows}`;
}
