import { isUtf8 } from 'node:buffer';

/**
 * Whether the bytes are a text in UTF-8. UTF-16 of ASCII without a byte order mark is UTF-8 by its bytes, with a NUL beside
 * every character: no JSON, and no text that anybody writes, begins so.
 */
export function isUtf8Text(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  const isUtf16 = (a && b === 0 && c && d === 0) || (a === 0 && b && c === 0 && d);
  return !isUtf16 && isUtf8(bytes);
}
