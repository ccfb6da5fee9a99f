import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import { appendAudit, appendToOutbox, build, customers, FIRST_UUID, statement } from '@core/db';
import { enterErasure } from '../../customers/index.ts';
import { eraseRows } from '../erase-rows.ts';
import type { ShopStep } from '../held-place.ts';

/** Customers of one step: a page of an import waits no longer for it than for another page. */
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

/** Without tombstones: their hashes could not be made again once the keys are gone. */
export const erasePeople: ShopStep = async (tx, ctx, { merchantId, requestId, progress }) => {
  await enterErasure(tx, { merchantId });
  const { after = FIRST_UUID } = progress;
  const rows = await tx.run(LOCK_NEXT, { merchantId, after });
  // Again from the beginning, for who came in behind; it ends when a whole pass finds nobody.
  if (rows.length === 0) return after === FIRST_UUID ? { removed: 0 } : { removed: 0, after: FIRST_UUID };
  const changes = await eraseRows(
    tx,
    merchantId,
    rows.map(({ id }) => id),
  );
  await appendToOutbox(
    tx,
    changes.map((change) => ({ ...change, traceparent: ctx.traceparent })),
  );
  // One for the batch: the events name each customer.
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
