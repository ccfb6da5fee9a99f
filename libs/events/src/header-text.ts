import { isUtf8 } from 'node:buffer';

const REPLACEMENT = '\ufffd';
const SECOND_HALVES = 0xdc00;

/**
 * Returns the name or value of a header as text. Bytes that are not UTF-8 become a text that no rule allows
 * to be stored, and that differs for different bytes: each byte beyond ASCII becomes the second half of a
 * surrogate pair. Rejected: U+FFFD for each byte. It could turn two ids into one, so that the second event
 * looks like a repetition of the first.
 */
export function headerText(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes(REPLACEMENT) || isUtf8(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : SECOND_HALVES + byte)).join('');
}
