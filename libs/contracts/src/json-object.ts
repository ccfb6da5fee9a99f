import { isRawNumber, JsonNumber } from './inbound/parse-json.ts';
import { JsonFields } from './json-fields.ts';
import { isUtf8Text } from './utf8.ts';

/** Returns whether a JSON value is an object: neither a list nor a number that is kept as its source text. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof JsonNumber) &&
  !isRawNumber(value);

export interface JsonBody {
  /** By the schema's names; see JsonFields.toObject for a repeated field. */
  object: Record<string, unknown>;
  fields: JsonFields;
}

const utf8 = new TextDecoder();

/**
 * Returns the object in a body, or the reason why there is none. A leading byte order mark is ignored.
 * Invalid UTF-8 bytes in a string become U+FFFD, because the fields that are used may still be readable.
 */
export function readJsonObject(body: Uint8Array): JsonBody | 'no_object' | 'not_utf8' {
  const text = utf8.decode(body);
  try {
    if (isJsonObject(JSON.parse(text))) {
      const fields = new JsonFields(text);
      return { object: fields.toObject(), fields };
    }
  } catch {
    // The parser's message is not used: it quotes the body.
  }
  return isUtf8Text(body) ? 'no_object' : 'not_utf8';
}
