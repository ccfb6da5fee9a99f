import { and, eq, gte, isNull, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appendAudits,
  assign,
  build,
  columns,
  float8,
  instantOf,
  int,
  lockExclusive,
  ONE,
  privacyRequests,
  relation,
  statement,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { OPEN_SHOP_REDACTION } from '../requests/shop-redaction.ts';

export interface ShopRedactionPolicy {
  /** Seconds between a request and its redaction, during which an operator can cancel it. */
  wait: number;
  /** The maximum number per hour; when more arrive, none is carried out until an operator confirms it. */
  most: number;
}

export interface ScheduledShopRedaction {
  merchantId: MerchantId;
  requestId: string;
  notBefore: Date;
}

export interface ScheduledShopRedactions {
  /** Redactions that this call has scheduled. */
  scheduled: ScheduledShopRedaction[];
  /** Redactions that this call has put on hold. */
  held: ScheduledShopRedaction[];
}

const { merchantId, requestId, receivedAt, notBefore, heldAt } = privacyRequests;
const ROW = { merchantId, requestId, notBefore: sql<Date>`${notBefore}` };
const IS_NEW = and(OPEN_SHOP_REDACTION, isNull(notBefore));

const FIND_NEW = statement({
  crosses: 'queues',
  row: ONE,
  text: (_, row) => build.select(row).from(privacyRequests).where(IS_NEW).limit(1),
});

const SCHEDULE = statement({
  crosses: 'queues',
  params: { wait: float8 },
  row: { ...ROW, receivedAt },
  text: (p, row) =>
    build
      .update(privacyRequests)
      .set({ notBefore: sql`${receivedAt} + make_interval(secs => ${p.wait})` })
      .where(IS_NEW)
      .returning(row),
});

const HOLD = statement({
  crosses: 'queues',
  params: { since: instantOf, most: int },
  row: ROW,
  text(p, row) {
    const arrivals = {
      at: receivedAt,
      n: sql<string>`count(*) over (
        order by ${receivedAt} range between interval '1 hour' preceding and current row)`,
    };
    const recent = relation('recent', arrivals);
    return sql`
      with ${recent} as (
        select ${columns(arrivals)} from ${privacyRequests}
         where ${and(eq(privacyRequests.kind, 'shop_redact'), gte(receivedAt, sql`${p.since} - interval '1 hour'`))})
      update ${privacyRequests} set ${assign(privacyRequests, { heldAt: sql`now()` })}
       where ${OPEN_SHOP_REDACTION} and ${heldAt} is null
         and exists (
           select from ${recent}
            where ${recent.n} > ${p.most} and ${receivedAt} between ${recent.at} - interval '1 hour' and ${recent.at})
      returning ${row}`;
  },
});

/**
 * Schedules new shop redactions, and holds those of a burst, including the first ones and the rest of one
 * that has started. Rejected: doing this when a request is recorded. Two entry points record requests, and so
 * do builds without a wait, and operators after a restore.
 *
 * A redaction that a worker of the previous build has started in the meantime waits as well. Its progress may
 * have been written by a role that must not be able to shorten the wait.
 *
 * The count of an hour includes every request, also completed and cancelled ones. A confirmed one is not held
 * again.
 */
export async function scheduleShopRedactions(
  tx: Tx,
  ctx: CommandContext,
  { wait, most }: ShopRedactionPolicy,
): Promise<ScheduledShopRedactions> {
  const [news] = await tx.run(FIND_NEW);
  if (!news) return { scheduled: [], held: [] };
  // Two concurrent calls would each count without the requests that the other one has just seen.
  await lockExclusive(tx, 'shop_redact|schedule');
  const scheduled = await tx.run(SCHEDULE, { wait });
  // Another process has scheduled them while this one waited, and has held those above the limit.
  if (scheduled.length === 0) return { scheduled, held: [] };
  const held = await tx.run(HOLD, { since: earliest(scheduled), most });
  await appendAudits(
    tx,
    held.map(({ merchantId, requestId }) => ({
      actor: ctx,
      entry: { merchantId, action: 'privacy.hold', detail: { request_id: requestId } },
    })),
  );
  return { scheduled, held };
}

const earliest = (rows: readonly { receivedAt: Date }[]): Date =>
  new Date(Math.min(...rows.map((row) => row.receivedAt.getTime())));
