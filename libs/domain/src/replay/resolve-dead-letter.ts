import { sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  appendAudit,
  assign,
  bare,
  deadLetterResolutions,
  insertValues,
  instantOf,
  ONE,
  statement,
  type Actor,
  type Tx,
} from '@core/db';

/**
 * Allowed difference between the clocks of Kafka's clients and of PostgreSQL. A resolution older than the
 * record at its position belongs to another record: a topic that was deleted and created again counts from 0
 * again.
 */
export const RESOLUTION_SKEW_SECONDS = 300;

export interface ResolveDeadLetter {
  topic: string;
  partition: number;
  offset: bigint;
  /** When the record became a dead letter. */
  at: Date;
  /** The merchant that its body names; undefined when it names none. */
  merchantId?: MerchantId | undefined;
  customerId?: CustomerId | undefined;
  resolution: 'redriven' | 'dropped';
}

const ACTIONS = { redriven: 'dlq.redrive', dropped: 'dlq.drop' } as const;

const { topic, partition, recordOffset, resolution, actor, resolvedAt } = deadLetterResolutions;

const RESOLVE = statement({
  params: { topic, partition, recordOffset, resolution, actor, at: instantOf },
  row: ONE,
  text({ at, ...written }, row) {
    const decision = { resolution: written.resolution, actor: written.actor, resolvedAt: sql`now()` };
    return sql`
      ${insertValues(deadLetterResolutions, written)}
      on conflict (${bare(topic, partition, recordOffset)})
      do update set ${assign(deadLetterResolutions, decision)}
      where ${resolvedAt} < ${at} - make_interval(secs => ${RESOLUTION_SKEW_SECONDS})
      returning ${row}`;
  },
});

/**
 * Records in the caller's transaction what is done about a dead letter, and in its merchant's audit log. That
 * log is per merchant, so without one this record is the only trace. A concurrent call for the same dead
 * letter waits for the first one's commit.
 * @returns false when it was resolved earlier; the caller then leaves it alone
 */
export async function resolveDeadLetter(
  tx: Tx,
  ctx: Actor,
  { topic, partition, offset, at, merchantId, customerId, resolution }: ResolveDeadLetter,
): Promise<boolean> {
  const written = await tx.run(RESOLVE, {
    topic,
    partition,
    recordOffset: offset,
    resolution,
    actor: ctx.caller,
    at,
  });
  if (written.length === 0) return false;
  if (merchantId) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId,
      action: ACTIONS[resolution],
      detail: { topic, partition, offset: Number(offset) },
    });
  }
  return true;
}
