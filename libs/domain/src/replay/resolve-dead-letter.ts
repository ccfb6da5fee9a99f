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
 * A resolution that is older than the record at its position belongs to another one: a topic that was deleted and made
 * anew counts from 0 again. The clocks of Kafka's clients and of PostgreSQL may be apart by so much.
 */
export const RESOLUTION_SKEW_SECONDS = 300;

export interface ResolveDeadLetter {
  topic: string;
  partition: number;
  offset: bigint;
  /** When it became a dead letter. */
  at: Date;
  /** Whose it is, as its body says; undefined when that names nobody. */
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
 * Notes in the caller's transaction what is done about a dead letter, and in its merchant's audit log; the log is of
 * merchants, so without one the note alone says it. A second one who wants to do the same at this moment waits for the
 * first one's commit.
 * @returns false when it was resolved before; the caller then leaves it alone
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
