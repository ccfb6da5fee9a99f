import { isRawNumber, JsonNumber } from './inbound/parse-json.ts';
import { JsonFields } from './json-fields.ts';
import { isUtf8Text } from './utf8.ts';

/** Whether a value of JSON is an object: no list, and no number that is kept with its text. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof JsonNumber) &&
  !isRawNumber(value);

export interface JsonBody {
  /** By the names of the schema; see JsonFields.toObject for a field that is given twice. */
  object: Record<string, unknown>;
  fields: JsonFields;
}

const utf8 = new TextDecoder();

/**
 * The object of a body, or why it has none. A byte order mark at its beginning is no part of it. Bytes in a
 * text that are no UTF-8 become U+FFFD: the fields that are used may be readable beside them.
 */
export function readJsonObject(body: Uint8Array): JsonBody | 'no_object' | 'not_utf8' {
  const text = utf8.decode(body);
  try {
    if (isJsonObject(JSON.parse(text))) {
      const fields = new JsonFields(text);
      return { object: fields.toObject(), fields };
    }
  } catch {
    // Not the parser's own words: they quote the body.
  }
  return isUtf8Text(body) ? 'no_object' : 'not_utf8';
}
