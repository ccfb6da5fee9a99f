import { JsonFields } from '../json-fields.ts';
import { isJsonObject } from '../json-object.ts';
import { MalformedEvent } from '../malformed-event.ts';
import { isUtf8Text } from '../utf8.ts';

/**
 * Reads the JSON object of a record. Its fields are not validated here: each reader checks the fields that it
 * uses. A field that no reader uses therefore causes no refusal, however deeply it is nested.
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

/** Parses without a reviver: only then V8 does not recurse, and deep nesting is no error. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message is not used: it quotes the body.
    throw new MalformedEvent('is not JSON');
  }
}
