import { Topic } from '@core/contracts';
import type { Pool } from '@core/db';

/** Appends one event for each of `events` customers, as their updates would. */
export async function fillOutbox(owner: Pool, events: number): Promise<void> {
  await owner.query(
    `insert into outbox_events (segment, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
     select (select segment from outbox_rotation), abs(hashtext(id::text)::bigint) % 4, '${Topic.customerUpdated}',
            merchant_id, id, version + 1, '{email,metadata}', 'api'
       from customers limit $1`,
    [events],
  );
}

export async function emptyOutbox(owner: Pool): Promise<void> {
  await owner.query('truncate outbox_events');
}
