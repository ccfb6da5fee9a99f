import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { ACTIVE } from '../../imports/index.ts';
import type { ShopProgress, ShopRedaction } from '../requests/shop-redaction.ts';

/**
 * The first step of a shop's redaction: nothing comes from the shop from here on. Its runs end at once, with the pages
 * that are being read just now: their fences are raised, so they write nothing. Not by `cancelling`, on which an
 * importer would first have to act, and which asks a shop that has left to stop its bulk operation.
 */
export async function disconnectShop(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, progress }: ShopRedaction,
): Promise<ShopProgress> {
  const connected = await tx.query<{ shop: string }>(
    'select shop from shopify_connections where merchant_id = $1 order by shop',
    [merchantId],
  );
  const whole = progress.shop === undefined || connected.every(({ shop }) => shop === progress.shop);
  const only = [merchantId, whole ? null : progress.shop];
  const runs = await endRuns(tx, only);
  const schedules = await tx.query(
    'delete from import_schedules where merchant_id = $1 and ($2::text is null or shop = $2) returning 1',
    only,
  );
  // The worker may read no token, so not `returning *`.
  const connections = await tx.query(
    'delete from shopify_connections where merchant_id = $1 and ($2::text is null or shop = $2) returning shop',
    only,
  );
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_disconnect',
    detail: { request_id: requestId, imports: runs, shops: connections.length, whole },
  });
  return {
    ...progress,
    whole,
    removed: {
      customer_import_logs: runs,
      import_schedules: schedules.length,
      shopify_connections: connections.length,
    },
  };
}

async function endRuns(tx: Tx, only: unknown[]): Promise<number> {
  const runs = await tx.query<{ id: string }>(
    `update customer_import_logs
        set status = 'cancelled', finished_at = now(), waiting_reason = null
      where merchant_id = $1 and ($2::text is null or shop = $2)
        and ${ACTIVE}
     returning id`,
    only,
  );
  await tx.query(
    `update customer_import_slices set fence = fence + 1, lease_until = null
      where merchant_id = $1 and import_id = any($2::uuid[])`,
    [only[0], runs.map(({ id }) => id)],
  );
  return runs.length;
}
