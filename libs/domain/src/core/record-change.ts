import { appendAudits, appendToOutbox, type AuditEntry, type CustomerChange, type Tx } from '@core/db';
import type { CommandContext } from './context.ts';
import { sumAudits } from './sum-audits.ts';

type Audit = Pick<AuditEntry, 'action' | 'detail'>;

/** A change of a customer, with its actor and its audit entry. */
export interface RecordedChange {
  ctx: CommandContext;
  change: CustomerChange;
  audit: Audit;
}

/** Appends the two records that every change of a customer requires: its event and its audit row. */
export const recordChange = (
  tx: Tx,
  ctx: CommandContext,
  change: CustomerChange,
  audit: Audit,
): Promise<void> => recordChanges(tx, [{ ctx, change, audit }]);

/**
 * Does the same for many changes, in one statement for the events and one for the audit rows.
 * @param flood whether one audit row may stand for many changes, see sumAudits
 */
export async function recordChanges(
  tx: Tx,
  changes: readonly RecordedChange[],
  { flood = false } = {},
): Promise<void> {
  await appendToOutbox(
    tx,
    changes.map(({ ctx, change }) => ({ ...change, traceparent: ctx.traceparent })),
  );
  const owed = changes.map(({ ctx, change, audit }) => ({
    actor: ctx,
    entry: {
      merchantId: change.merchantId,
      customerId: change.customerId,
      action: audit.action,
      detail: { changed_fields: change.changedFields, version: change.version, ...audit.detail },
    },
  }));
  await appendAudits(tx, flood ? sumAudits(owed) : owed);
}
