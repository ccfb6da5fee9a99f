import { appendAudits, lockName, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import { OPEN_SHOP_REDACTION } from './shop-redaction.ts';

export interface ShopRedactionPolicy {
  /** Seconds between a request and its redaction, in which somebody can cancel it. */
  wait: number;
  /** So many may come within an hour; of more than that none is carried out unless somebody confirms it. */
  most: number;
}

export interface ScheduledShopRedaction {
  merchantId: string;
  requestId: string;
  notBefore: Date;
}

export interface ScheduledShopRedactions {
  /** Were given their time just now. */
  scheduled: ScheduledShopRedaction[];
  /** Are held since just now. */
  held: ScheduledShopRedaction[];
}

/**
 * Gives the redactions of shops that are new their time, and holds those of a burst: also the ones that came first, and
 * the rest of one that has begun. Here and not where they are written down, because that is done at two doors, by builds
 * that know of no wait, and after a restore by hand.
 *
 * One that a worker of the build before has begun meanwhile rests as well: what its row says of how far it has come, others
 * may have written who must not cut the wait short.
 *
 * An hour counts every request in it, done and cancelled ones too. What somebody has confirmed is held no more.
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
