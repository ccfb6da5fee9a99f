import { MalformedEvent } from '../malformed-event.ts';
import { parseJson } from './parse-json.ts';

/** A number with its text: a double would read 9007199254740993 as 9007199254740992. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Inbound = null | boolean | string | JsonNumber | Inbound[] | InboundObject;
export interface InboundObject {
  [field: string]: Inbound;
}

/**
 * The JSON object of a record. Nothing is said of its fields: each reader demands what it uses, so that a field that
 * nobody reads refuses nothing.
 * @throws MalformedEvent
 */
export function readBody(body: Uint8Array | null): InboundObject {
  if (!body || body.length === 0) throw new MalformedEvent('is empty');
  const json = parse(decode(body));
  if (!isObject(json)) throw new MalformedEvent('must be a JSON object');
  return json;
}

export const isObject = (value: Inbound | undefined): value is InboundObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new MalformedEvent('is not UTF-8');
  }
}

function parse(text: string): Inbound {
  try {
    return parseJson(text, (number) => new JsonNumber(number)) as Inbound;
  } catch (error) {
    throw new MalformedEvent(error instanceof RangeError ? 'is nested too deeply' : 'is not JSON');
  }
}
