import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { readTimestamp } from '@core/contracts';

const TIMESTAMP = 'google.protobuf.Timestamp';

/**
 * Refuses invalid times and unknown enum values. The decoder would read February 30 as March 1 and 24:00 as
 * the next day, as Date.parse does, and its errors do not name the field. Because unknown fields are ignored,
 * it would also read an unknown enum name as the default and execute something that the caller did not
 * request.
 * @param json a message of this type; if it is not JSON, the decoder reports that
 * @throws ConnectError invalid_argument
 */
export function checkFields(desc: DescMessage, json: string): void {
  if (checkedFields(desc).length === 0) return;
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
  for (const field of checkedFields(desc)) {
    for (const name of [field.name, field.jsonName]) {
      const value = Object.hasOwn(values, name) ? values[name] : null;
      for (const each of valuesOf(field, value)) {
        // Null means an absent field.
        if (each !== null) checkValue(field, each, path + field.name);
      }
    }
  }
}

function valuesOf({ fieldKind }: DescField, value: unknown): readonly unknown[] {
  if (fieldKind === 'list' && Array.isArray(value)) return value;
  return fieldKind === 'map' && typeof value === 'object' && value !== null ? Object.values(value) : [value];
}

function checkValue({ message, enum: values }: DescField, value: unknown, field: string): void {
  if (values) {
    if (!isOf(values, value)) throw refused(field, mustBeOneOf(values));
    return;
  }
  if (message && message.typeName !== TIMESTAMP) return checkMessage(message, value, `${field}.`);
  if (typeof value === 'string' && readTimestamp(value)) return;
  throw refused(field, 'must be a time like 2026-01-02T03:04:05Z, in the years 1 to 9999');
}

const isOf = ({ value, values }: DescEnum, given: unknown): boolean =>
  typeof given === 'number' ? value[given] !== undefined : values.some(({ name }) => name === given);

/** Returns the error text for a field with an enum value. */
export const mustBeOneOf = ({ values }: DescEnum): string =>
  `must be one of ${values.map(({ name }) => name).join(', ')}`;

const refused = (field: string, rule: string) => new ConnectError(`${field}: ${rule}`, Code.InvalidArgument);

const cache = new Map<DescMessage, readonly DescField[]>();

/**
 * Returns the fields that contain times or enums, and the fields whose messages do. Protobuf's other messages
 * have their own JSON forms.
 */
function checkedFields(desc: DescMessage): readonly DescField[] {
  const cached = cache.get(desc);
  if (cached) return cached;
  const fields = desc.fields.filter(({ message, enum: values }) => {
    if (values) return true;
    if (!message || message.typeName === TIMESTAMP) return message !== undefined;
    return !message.typeName.startsWith('google.protobuf.') && checkedFields(message).length > 0;
  });
  cache.set(desc, fields);
  return fields;
}
