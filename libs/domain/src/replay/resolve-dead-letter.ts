import { appendAudit, type Actor, type Tx } from '@core/db';

/**
 * A resolution that is older than the record at its place belongs to another one: a topic that was deleted and made
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
  merchantId?: string | undefined;
  customerId?: string | undefined;
  resolution: 'redriven' | 'dropped';
}

const ACTIONS = { redriven: 'dlq.redrive', dropped: 'dlq.drop' } as const;

/**
 * Notes in the caller's transaction what is done about a dead letter, and in its merchant's audit log; the log is of
 * merchants, so without one the note alone says it. A second one who wants to do the same at this moment waits for the
 * first one's commit.
 * @returns false when it was resolved before; the caller then leaves it alone
 */
export async function resolveDeadLetter(
  tx: Tx,
  actor: Actor,
  { topic, partition, offset, at, merchantId, customerId, resolution }: ResolveDeadLetter,
): Promise<boolean> {
  const written = await tx.query(
    `insert into dead_letter_resolutions as known (topic, partition, record_offset, resolution, actor)
     values ($1, $2, $3, $4, $5)
     on conflict (topic, partition, record_offset) do update
        set resolution = excluded.resolution, actor = excluded.actor, resolved_at = excluded.resolved_at
      where known.resolved_at < $6::timestamptz - make_interval(secs => ${RESOLUTION_SKEW_SECONDS})
     returning topic`,
    [topic, partition, String(offset), resolution, actor.caller, at],
  );
  if (written.length === 0) return false;
  if (merchantId) {
    await appendAudit(tx, actor, {
      merchantId,
      customerId,
      action: ACTIONS[resolution],
      detail: { topic, partition, offset: Number(offset) },
    });
  }
  return true;
}
