import type { CustomerId, MerchantId } from '@core/contracts';
import { appendAudit, type Actor, type Tx } from '@core/db';

export interface PublishedEvent {
  topic: string;
  eventId: string;
  /** The merchant and the customer whom its body names; empty when it names nobody. */
  merchantId: MerchantId | '';
  customerId: CustomerId | '';
}

/**
 * Notes in its merchant's audit log that an event was sent by hand, in a transaction that commits once Kafka has it. The
 * log is of merchants: one that names none is in Kafka alone.
 */
export async function recordPublishedEvent(
  tx: Tx,
  ctx: Actor,
  { topic, eventId, merchantId, customerId }: PublishedEvent,
): Promise<void> {
  if (!merchantId) return;
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: customerId || undefined,
    action: 'events.publish',
    detail: { topic, event_id: eventId },
  });
}
