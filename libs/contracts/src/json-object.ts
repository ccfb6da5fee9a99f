import { isRawNumber, JsonNumber } from './inbound/parse-json.ts';

/** Whether a value of JSON is an object: no list, and no number that is kept with its text. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof JsonNumber) &&
  !isRawNumber(value);

/** The object of a body; undefined when it is none. A byte order mark at its beginning is no part of it. */
export function readJsonObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body));
    return isJsonObject(json) ? json : undefined;
  } catch {
    // Not the parser's own words: they quote the body.
    return undefined;
  }
}
