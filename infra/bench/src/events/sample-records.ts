import { randomUUID } from 'node:crypto';
import { eventHeaders, Topic } from '@core/contracts';
import type { EventRecord } from '@core/events';

/** Returns records of the same shape and size as those of the relay. */
export const sampleRecords = (count: number): EventRecord[] =>
  Array.from({ length: count }, () => {
    const [eventId, customerId, at] = [randomUUID(), randomUUID(), new Date().toISOString()];
    return {
      topic: Topic.customerUpdated,
      key: customerId,
      headers: { ...eventHeaders(Topic.customerUpdated, eventId, at) },
      value: JSON.stringify({
        event_id: eventId,
        merchant_id: randomUUID(),
        customer_id: customerId,
        version: 2,
        changed_fields: ['email', 'metadata'],
        origin: 'api',
        occurred_at: at,
      }),
    };
  });
