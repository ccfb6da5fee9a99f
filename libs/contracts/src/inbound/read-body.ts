import { JsonFields } from '../json-fields.ts';
import { isJsonObject } from '../json-object.ts';
import { MalformedEvent } from '../malformed-event.ts';
import { isUtf8Text } from '../utf8.ts';

/**
 * The JSON object of a record. Nothing is said of its fields: each reader demands what it uses, so that a field that
 * nobody reads refuses nothing, however deep it is.
 * @throws MalformedEvent
 */
export function readBody(body: Uint8Array | null): JsonFields {
  if (!body || body.length === 0) throw new MalformedEvent('is empty');
  const text = decode(body);
  if (!isJsonObject(parse(text))) throw new MalformedEvent('must be a JSON object');
  return new JsonFields(text);
}

const utf8 = new TextDecoder();

function decode(body: Uint8Array): string {
  if (!isUtf8Text(body)) throw new MalformedEvent('must be UTF-8');
  return utf8.decode(body);
}

/** V8 parses without recursion where no reviver is called. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the body.
    throw new MalformedEvent('is not JSON');
  }
}
