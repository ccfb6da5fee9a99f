import { isUtf8 } from 'node:buffer';

/**
 * Returns whether the bytes are UTF-8 text. ASCII in UTF-16 without a byte order mark is also valid UTF-8,
 * with a NUL next to every character. No JSON and no other real text starts like this.
 */
export function isUtf8Text(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  const isUtf16 = (a && b === 0 && c && d === 0) || (a === 0 && b && c === 0 && d);
  return !isUtf16 && isUtf8(bytes);
}
