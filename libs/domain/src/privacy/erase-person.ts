import { appendAudit } from '@core/db';
import { recordChanges } from '../core/index.ts';
import { eraseRows } from './erase-rows.ts';
import type { PersonStep } from './held-place.ts';
import { receiptRemark } from './lock-person.ts';

/** Empties the rows of a person and records an event and an audit row for each. */
export const erasePerson: PersonStep = async (tx, ctx, { merchantId, requestId, person }) => {
  const changes = await eraseRows(
    tx,
    merchantId,
    person.rows.map(({ id }) => id),
  );
  await recordChanges(
    tx,
    changes.map((change) => ({
      ctx,
      change,
      audit: { action: 'customer.erase', detail: { request_id: requestId } },
    })),
  );
  // Tombstones are written for the given names, so the audit log must record the request.
  if (changes.length === 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: person.id ?? undefined,
      action: 'customer.erase',
      detail: { request_id: requestId, customers: 0 },
    });
  }
  return { found: changes.length, remark: receiptRemark(person) };
};
