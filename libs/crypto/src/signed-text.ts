import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signs a text, so that a caller can carry it and cannot change it; it can read it.
 * @param keys the first key signs; derived for this purpose alone
 * @returns `<text>.<signature>`, each part in base64url
 */
export const signText = ([key]: readonly [Buffer, ...Buffer[]], text: string): string => {
  const body = Buffer.from(text);
  return `${body.toString('base64url')}.${sign(key, body).toString('base64url')}`;
};

/**
 * Returns the text of a signed text.
 * @param keys all of them verify: what was signed survives a rotation of the keys
 * @param longest the longest accepted input: its parts are decoded before they are verified
 * @returns undefined unless one of the keys has signed it
 */
export function readSignedText(keys: readonly Buffer[], signed: string, longest: number): string | undefined {
  if (signed.length > longest) return undefined;
  const parts = signed.split('.').map((part) => Buffer.from(part, 'base64url'));
  const [body, signature] = parts;
  if (!body || !signature || parts.length !== 2) return undefined;
  // base64 has several spellings of the same bytes; a text of ours has only one.
  if (parts.map((part) => part.toString('base64url')).join('.') !== signed) return undefined;
  return keys.some((key) => equal(signature, sign(key, body))) ? body.toString() : undefined;
}

const sign = (key: Buffer, body: Buffer): Buffer => createHmac('sha256', key).update(body).digest();
const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
