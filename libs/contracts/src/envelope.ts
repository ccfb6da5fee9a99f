import { fromJson, type DescMessage, type JsonValue, type MessageShape } from '@bufbuild/protobuf';

/** Headers of an inbound record that identify its event: an id is unique within its source. */
export const CE_ID = 'ce_id';
export const CE_SOURCE = 'ce_source';

/** CloudEvents 1.0, binary mode: the attributes travel as Kafka headers, the body is the data alone. */
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

/** The body is not JSON of the expected shape. The message names the field, never a value. */
export class MalformedEvent extends Error {
  override name = 'MalformedEvent';
}

/**
 * Reads a JSON body. Unknown fields are ignored and camelCase names accepted, so that a newer or a
 * Java producer is understood.
 * @throws MalformedEvent
 */
export function decodeEvent<D extends DescMessage>(desc: D, body: Uint8Array | null): MessageShape<D> {
  if (!body || body.length === 0) throw new MalformedEvent(`${desc.typeName}: empty body`);
  let json: JsonValue;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as JsonValue;
  } catch {
    throw new MalformedEvent(`${desc.typeName}: body is not JSON`);
  }
  try {
    return fromJson(desc, json, { ignoreUnknownFields: true });
  } catch (error) {
    throw new MalformedEvent(withoutValue(error));
  }
}

// protobuf-es quotes the offending value after the field: keep the field, drop the value, it may be PII.
const withoutValue = (error: unknown): string => {
  const message = error instanceof Error ? error.message : 'unreadable';
  const field = /^cannot decode (?:field|message) ([\w.]+)/.exec(message);
  return field ? `cannot read ${field[1]}` : 'body does not match the schema';
};
