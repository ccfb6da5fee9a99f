import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { readTimestamp } from '@core/contracts';

const TIMESTAMP = 'google.protobuf.Timestamp';

/**
 * Refuses what names no time in a field that holds one. The decoder would read February 30 as March 1 and 24:00 as the
 * next day, as Date.parse does, and its errors do not name the field.
 * @param json of a message of this type; if it is no JSON, the decoder says so
 * @throws ConnectError invalid_argument
 */
export function checkTimes(desc: DescMessage, json: string): void {
  if (fieldsWithTimes(desc).length === 0) return;
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return;
  }
  checkMessage(desc, message, '');
}

function checkMessage(desc: DescMessage, message: unknown, path: string): void {
  if (typeof message !== 'object' || message === null) return;
  const values = message as Readonly<Record<string, unknown>>;
  for (const field of fieldsWithTimes(desc)) {
    for (const name of [field.name, field.jsonName]) {
      const value = Object.hasOwn(values, name) ? values[name] : null;
      for (const each of field.fieldKind === 'list' && Array.isArray(value) ? value : [value]) {
        // Null is the absent field.
        if (each !== null) checkValue(field, each, path + field.name);
      }
    }
  }
}

function checkValue({ message }: DescField, value: unknown, field: string): void {
  if (message && message.typeName !== TIMESTAMP) return checkMessage(message, value, `${field}.`);
  if (typeof value === 'string' && readTimestamp(value)) return;
  throw new ConnectError(
    `${field}: must be a time like 2026-01-02T03:04:05Z, in the years 1 to 9999`,
    Code.InvalidArgument,
  );
}

const known = new Map<DescMessage, readonly DescField[]>();

/** The fields that hold times, and those whose messages do; protobuf's other messages have a JSON of their own. */
function fieldsWithTimes(desc: DescMessage): readonly DescField[] {
  const made = known.get(desc);
  if (made) return made;
  const fields = desc.fields.filter(({ message }) => {
    if (!message || message.typeName === TIMESTAMP) return message !== undefined;
    return !message.typeName.startsWith('google.protobuf.') && fieldsWithTimes(message).length > 0;
  });
  known.set(desc, fields);
  return fields;
}
