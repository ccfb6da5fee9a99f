import { isJsonObject } from '../json-object.ts';
import { MalformedEvent } from '../malformed-event.ts';
import { isUtf8Text } from '../utf8.ts';
import { JsonNumber, parseJson } from './parse-json.ts';

export type Inbound = null | boolean | string | JsonNumber | Inbound[] | InboundObject;
export interface InboundObject {
  [field: string]: Inbound;
}

/**
 * The JSON object of a record. Nothing is said of its fields: each reader demands what it uses, so that a field that
 * nobody reads refuses nothing.
 * @throws MalformedEvent
 */
export const readBody = (body: Uint8Array | null): InboundObject => readBodyAndText(body).json;

/** The same with its text. @throws MalformedEvent */
export function readBodyAndText(body: Uint8Array | null): { json: InboundObject; text: string } {
  if (!body || body.length === 0) throw new MalformedEvent('is empty');
  const text = decode(body);
  const json = parse(text);
  if (!isJsonObject(json)) throw new MalformedEvent('must be a JSON object');
  return { json, text };
}

const utf8 = new TextDecoder();

function decode(body: Uint8Array): string {
  if (!isUtf8Text(body)) throw new MalformedEvent('must be UTF-8');
  return utf8.decode(body);
}

function parse(text: string): Inbound {
  try {
    return parseJson(text, (number) => new JsonNumber(number)) as Inbound;
  } catch (error) {
    throw new MalformedEvent(error instanceof RangeError ? 'is nested too deeply' : 'is not JSON');
  }
}
