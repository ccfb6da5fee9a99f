/** Headers of an inbound record that identify its event: an id is unique within its source. */
export const CE_ID = 'ce_id';
export const CE_SOURCE = 'ce_source';

/** CloudEvents 1.0, binary mode: the attributes are Kafka headers, and the body contains only the data. */
export interface EventHeaders {
  ce_specversion: '1.0';
  ce_id: string;
  ce_type: string;
  ce_source: string;
  ce_time: string;
  'content-type': 'application/json';
}

/** Headers of an outgoing event. `eventId` equals the body's event_id; `occurredAt` is RFC 3339. */
export const eventHeaders = (type: string, eventId: string, occurredAt: string): EventHeaders => ({
  ce_specversion: '1.0',
  ce_id: eventId,
  ce_type: type,
  ce_source: 'core',
  ce_time: occurredAt,
  'content-type': 'application/json',
});
