import type { Tx } from './transaction.ts';

/**
 * Claims an event for a consumer in the caller's transaction.
 * @returns false when it was applied before: the caller then does nothing
 */
export async function claimEvent(tx: Tx, consumer: string, eventId: string): Promise<boolean> {
  const rows = await tx.query(
    'insert into inbox_events (consumer, event_id) values ($1, $2) on conflict do nothing returning event_id',
    [consumer, eventId],
  );
  return rows.length === 1;
}
