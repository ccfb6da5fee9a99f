import { appendAudit, appendToOutbox, type AuditEntry, type CustomerChange, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';

/** Writes what every change of a customer owes: its event and its audit row. */
export async function recordChange(
  tx: Tx,
  ctx: CommandContext,
  change: CustomerChange,
  audit: Pick<AuditEntry, 'action' | 'detail'>,
): Promise<void> {
  await appendToOutbox(tx, [change]);
  await appendAudit(tx, ctx, {
    merchantId: change.merchantId,
    customerId: change.customerId,
    action: audit.action,
    detail: { changed_fields: change.changedFields, version: change.version, ...audit.detail },
  });
}
