import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import {
  appendAudit,
  appendToOutbox,
  build,
  customers,
  FIRST_UUID,
  json,
  lockMerchantKeys,
  merchantKeys,
  privacyRequests,
  statement,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { enterErasure } from '../../customers/index.ts';
import { ERASED_COLUMNS, eraseRows } from '../erase-rows.ts';
import { IDS_ALONE, searched, type ErasureReceipt } from '../requests/receipt.ts';
import { completeWaitingRedactions } from '../requests/redact-request.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import {
  saveProgress,
  takeShopRedaction,
  type ShopProgress,
  type ShopRedaction,
} from '../requests/shop-redaction.ts';
import { disconnectShop } from './disconnect-shop.ts';
import { REMOVED, removeSome } from './shop-places.ts';

/** Customers of one step: a page of an import waits no longer for it than for another page. */
const BATCH = 500;

export interface ShopRedactionStep {
  merchantId: string;
  requestId: string;
  done: boolean;
}

/**
 * One bounded step of the redaction of a shop that waits for it; the next one goes on wherever this one was committed.
 * First nothing may come any more: runs end, the connection goes. Then what is held goes, a batch a step. Last the
 * merchant's keys are destroyed: whatever was missed, or comes from a backup, opens with no key of this database.
 *
 * Customers are a merchant's, and nothing tells which of two shops one is of: while the merchant has another shop
 * connected, only what is the shop's own goes, and the receipt says so.
 * @returns null when no redaction waits
 */
export async function redactShopStep(tx: Tx, ctx: CommandContext): Promise<ShopRedactionStep | null> {
  const redaction = await takeShopRedaction(tx);
  if (!redaction) return null;
  const done = await step(tx, ctx, redaction);
  const { merchantId, requestId } = redaction;
  return { merchantId, requestId, done };
}

/** @returns whether it was the last */
async function step(tx: Tx, ctx: CommandContext, redaction: ShopRedaction): Promise<boolean> {
  const { merchantId, progress } = redaction;
  if (progress.whole === undefined) {
    await saveProgress(tx, redaction, await disconnectShop(tx, ctx, redaction));
    return false;
  }
  const some = await removeSome(tx, merchantId, progress.whole ? undefined : progress.shop);
  if (some) {
    await saveProgress(tx, redaction, counted(progress, some.place, some.removed));
    return false;
  }
  if (progress.whole) {
    const next = await eraseSome(tx, ctx, redaction);
    if (next) {
      await saveProgress(tx, redaction, next);
      return false;
    }
    await destroyKeys(tx, merchantId);
  }
  await complete(tx, ctx, redaction);
  return true;
}

const counted = (progress: ShopProgress, place: string, n: number): ShopProgress => ({
  ...progress,
  removed: { ...progress.removed, [place]: (progress.removed?.[place] ?? 0) + n },
});

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

/** Without tombstones: their hashes could not be made again once the keys are gone. @returns null: nobody is left */
async function eraseSome(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, progress }: ShopRedaction,
): Promise<ShopProgress | null> {
  await enterErasure(tx, merchantId);
  const { after = FIRST_UUID } = progress;
  const rows = await tx.run(LOCK_NEXT, { merchantId, after });
  // Again from the beginning, for who came in behind; it ends when a whole round finds nobody.
  if (rows.length === 0) return after === FIRST_UUID ? null : { ...progress, after: FIRST_UUID };
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
  return { ...counted(progress, 'customers', changes.length), after: rows.at(-1)?.id ?? after };
}

const DESTROY_KEYS = statement({
  params: { merchantId: merchantKeys.merchantId },
  text: (p) =>
    build
      .update(merchantKeys)
      .set({ dataKey: null, indexKey: null, destroyedAt: sql`now()` })
      .where(and(eq(merchantKeys.merchantId, p.merchantId), isNull(merchantKeys.destroyedAt))),
});

/** Every generation: older ones open what an older backup holds. */
const destroyKeys = async (tx: Tx, merchantId: string): Promise<void> => {
  // A rotation that adds a generation just now would else save the index key.
  await lockMerchantKeys(tx, merchantId);
  await tx.run(DESTROY_KEYS, { merchantId });
};

const COMPLETE = statement({
  params: { ...REQUEST_REF, receipt: json },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ receipt: p.receipt, completedAt: sql`now()` })
      .where(isRequest(p)),
});

async function complete(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, progress }: ShopRedaction,
): Promise<void> {
  const { whole = false, removed = {} } = progress;
  const kept = 'another shop of the merchant is connected: kept, for nothing tells which of them it is of';
  const requestsKept =
    'privacy requests that wait, or were given up, keep their body: the customers are kept';
  const places = Object.entries(REMOVED).map(([place, what]) =>
    searched(place, removed[place] ?? 0, what, !whole && place === 'webhook_events' ? requestsKept : ''),
  );
  const receipt: ErasureReceipt & Pick<ShopProgress, 'shop'> = {
    // For who has to do it again after a restore.
    ...(progress.shop === undefined ? {} : { shop: progress.shop }),
    customerId: null,
    places: [
      ...places,
      searched('customers', removed['customers'] ?? 0, ERASED_COLUMNS, whole ? '' : kept),
      searched(
        'merchant_keys',
        whole ? 1 : 0,
        ['data_key', 'index_key'],
        whole
          ? 'destroyed; backups open with them until the keyring key that wrapped them is destroyed, too'
          : kept,
      ),
      ...IDS_ALONE,
    ],
  };
  await tx.run(COMPLETE, { merchantId, requestId, receipt: JSON.stringify(receipt) });
  if (whole) await completeWaitingRedactions(tx, merchantId, receipt);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_redacted',
    detail: { request_id: requestId, customers: removed['customers'] ?? 0, keys_destroyed: whole },
  });
}
