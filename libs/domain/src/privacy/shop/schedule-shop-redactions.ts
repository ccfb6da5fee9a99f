import { appendAudits, lockName, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { OPEN_SHOP_REDACTION } from '../requests/shop-redaction.ts';

export interface ShopRedactionPolicy {
  /** Seconds between a request and its redaction, during which an operator can cancel it. */
  wait: number;
  /**
   * The maximum number within an hour; when more arrive, none is carried out until an operator confirms it.
   */
  most: number;
}

export interface ScheduledShopRedaction {
  merchantId: string;
  requestId: string;
  notBefore: Date;
}

export interface ScheduledShopRedactions {
  /** Redactions that this call has scheduled. */
  scheduled: ScheduledShopRedaction[];
  /** Redactions that this call has put on hold. */
  held: ScheduledShopRedaction[];
}

/**
 * Schedules new shop redactions, and holds those of a burst, including the first ones and the rest of one
 * that has begun. Rejected: to do this when a request is recorded. Two entry points record requests, and so
 * do builds that know no wait, and operators after a restore.
 *
 * A redaction that a worker of the build before has begun meanwhile waits as well: its progress may have been
 * written by a role that must not be able to shorten the wait.
 *
 * The count of an hour includes every request, done and cancelled ones too. A confirmed one is not held
 * again.
 */
export async function scheduleShopRedactions(
  tx: Tx,
  ctx: CommandContext,
  { wait, most }: ShopRedactionPolicy,
): Promise<ScheduledShopRedactions> {
  const [news] = await tx.query(
    `select 1 from privacy_requests where ${OPEN_SHOP_REDACTION} and not_before is null limit 1`,
  );
  if (!news) return { scheduled: [], held: [] };
  // Two at once would each count without what the other one has just seen.
  await lockName(tx, 'shop_redact|schedule');
  const scheduled = await tx.query<ScheduledRow>(
    `update privacy_requests
        set not_before = received_at + make_interval(secs => $1)
      where ${OPEN_SHOP_REDACTION} and not_before is null
      returning ${COLUMNS}, received_at as "receivedAt"`,
    [wait],
  );
  const held = await tx.query<ScheduledRow>(
    `with recent as (
       select received_at as at,
              count(*) over (order by received_at range between interval '1 hour' preceding and current row) as n
         from privacy_requests
        where kind = 'shop_redact' and received_at >= $1::timestamptz - interval '1 hour')
     update privacy_requests set held_at = now()
      where ${OPEN_SHOP_REDACTION} and held_at is null
        and exists (select from recent
                     where n > $2 and received_at between at - interval '1 hour' and at)
      returning ${COLUMNS}`,
    [earliest(scheduled), most],
  );
  await appendAudits(
    tx,
    held.map(({ merchantId, requestId }) => ({
      actor: ctx,
      entry: { merchantId, action: 'privacy.hold', detail: { request_id: requestId } },
    })),
  );
  return { scheduled, held };
}

type ScheduledRow = ScheduledShopRedaction & { receivedAt: Date } & Record<string, unknown>;

const COLUMNS = 'merchant_id as "merchantId", request_id as "requestId", not_before as "notBefore"';

const earliest = (rows: readonly ScheduledRow[]): Date =>
  new Date(Math.min(...rows.map(({ receivedAt }) => receivedAt.getTime())));
