import { isUtf8 } from 'node:buffer';

const REPLACEMENT = '\ufffd';
const SECOND_HALVES = 0xdc00;

/**
 * The name or value of a header as text: UTF-8. Bytes that are none make a text that no rule lets be stored and that differs
 * for other bytes: each byte beyond ASCII stands as the second half of a surrogate pair. Rejected: U+FFFD for each, which
 * makes one id of two, and the second event a repetition of the first.
 */
export function headerText(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes(REPLACEMENT) || isUtf8(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : SECOND_HALVES + byte)).join('');
}
