import type { CustomerId, MerchantId } from '@core/contracts';
import { appendAudit, type Actor, type Tx } from '@core/db';

export interface PublishedEvent {
  topic: string;
  eventId: string;
  /** The merchant and the customer that its body names; empty when it names none. */
  merchantId: MerchantId | '';
  customerId: CustomerId | '';
}

/**
 * Records in the merchant's audit log that an event was sent by hand, in a transaction that commits once
 * Kafka has it. The log is per merchant: an event that names none is in Kafka alone.
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
