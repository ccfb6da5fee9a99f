import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import { appendAudit, appendToOutbox, build, customers, NIL_UUID, statement } from '@core/db';
import { lockErasureExclusive } from '../../customers/index.ts';
import { eraseRows } from '../erase-rows.ts';
import type { ShopStep } from '../held-place.ts';

/** Customers per step: a page of an import waits no longer for a step than for another page. */
const BATCH = 500;

const LOCK_NEXT = statement({
  params: { merchantId: customers.merchantId, after: customers.id },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(eq(customers.merchantId, p.merchantId), gt(customers.id, p.after), isNull(customers.erasedAt)),
      )
      .orderBy(asc(customers.id))
      .limit(BATCH)
      .for('update'),
});

/** Erases without tombstones: their hashes could not be computed again once the keys are destroyed. */
export const erasePeople: ShopStep = async (tx, ctx, { merchantId, requestId, progress }) => {
  await lockErasureExclusive(tx, { merchantId });
  const { after = NIL_UUID } = progress;
  const rows = await tx.run(LOCK_NEXT, { merchantId, after });
  // Starts again from the beginning, for customers added before the cursor; ends when a full pass finds none.
  if (rows.length === 0) return after === NIL_UUID ? { removed: 0 } : { removed: 0, after: NIL_UUID };
  const changes = await eraseRows(
    tx,
    merchantId,
    rows.map(({ id }) => id),
  );
  await appendToOutbox(
    tx,
    changes.map((change) => ({ ...change, traceparent: ctx.traceparent })),
  );
  // One audit row for the batch: the events name each customer.
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.erase_batch',
    detail: { request_id: requestId, customers: changes.length },
  });
  return {
    removed: changes.length,
    after: rows.at(-1)?.id ?? after,
    nearlyDone: rows.length < BATCH,
  };
};
